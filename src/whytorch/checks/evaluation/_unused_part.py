"""A held-out part of the data that nobody reads, while the training part is drawn from twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_data import Loader, is_read, loaders, splits, trained_on
from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import all_words

# Data sets of torchvision that hold both parts, and give the training part unless told otherwise.
_BOTH_PARTS = ("MNIST", "FashionMNIST", "KMNIST", "QMNIST", "CIFAR10", "CIFAR100")
_PARTS_MADE = {"Subset", "random_split", "SubsetRandomSampler", "KFold", "StratifiedKFold"}


class Unused(NamedTuple):
    """The second loader of the training part, that part's name, and the parts nobody reads."""

    loader: Loader
    part: str
    unused: tuple[str, ...]


def second_loader(look: Look) -> Unused | None:
    """Where data was split, and only its training part is ever used, in two loaders."""
    made = loaders(look)
    if len(made) < 2:
        return None
    training = {id(one.node) for one in trained_on(look)}
    for block, anchors, names in _parts(look):
        used = [name for name in names if is_read(look, block, name)]
        unused = tuple(n for n in names if n not in used and not n.startswith("_"))
        if len(used) != 1 or not unused:
            continue
        own = [one for one in made if _draws_from(look, one, used[0], anchors)]
        trained = [one for one in own if id(one.site.node) in training]
        others = [one for one in own if id(one.site.node) not in training]
        if trained and others:
            return Unused(others[0], used[0], unused)
    return None


def _parts(look: Look) -> Iterator[tuple[Block, list[ast.AST], list[str]]]:
    """Parts of a random_split, and data sets that one and the same call makes."""
    for block, split, names in splits(look, "random_split"):
        yield block, [split], names
    alike: dict[tuple[Block, str], list[ast.Assign]] = {}
    for index in look.project.indexes:
        for assigned, block in index.assignments:
            node = assigned if isinstance(assigned, ast.Assign) else None
            if node is not None and isinstance(node.value, ast.Call):
                if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                    callee = look.text(block, node.value.func)
                    alike.setdefault((block, callee), []).append(node)
    for (block, _), nodes in alike.items():
        if len(nodes) > 1:
            names = [n.targets[0].id for n in nodes]  # type: ignore[attr-defined]
            if len(set(names)) == len(names):
                yield block, list(nodes), names


def _draws_from(look: Look, loader: Loader, name: str, anchors: list[ast.AST]) -> bool:
    if not isinstance(loader.dataset, ast.Name) or loader.dataset.id != name:
        return False
    binding = look.names.binding(loader.site.block, name, loader.dataset)
    return binding is not None and any(binding.anchor is anchor for anchor in anchors)


def same_part_twice(look: Look) -> Site | None:
    """The second data set of torchvision's training images, where nobody asks for the others."""
    names = [f"torchvision.datasets.{kind}" for kind in _BOTH_PARTS]
    sites = look.sites(*names)
    if len(sites) < 2 or len({site.name for site in sites}) > 1:
        return None
    if all_words(look) & _PARTS_MADE or any(one.shuffled is None for one in loaders(look)):
        return None
    for site in sites:
        given = look.argument(site.node, 1, "train")
        if given is not None and look.constant(site.block, given) is not True:
            return None
    training = {id(one.node) for one in trained_on(look)}
    for one in loaders(look):
        made = look.instance(one.site.block, one.dataset)
        drawn = [site for site in sites if made is not None and site.node is made.node]
        if drawn and id(one.site.node) not in training and training:
            return drawn[0]
    return None
