"""Loaders in a source: what they draw from, in which order, and which loops run over them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Instance, Look, Site
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import training_loops

_AROUND = {"enumerate", "tqdm", "trange", "iter", "zip", "track", "progress_bar"}


class Loader(NamedTuple):
    """A `DataLoader(...)` call. `shuffled`: True, False, or None where that is open."""

    site: Site
    dataset: ast.expr
    shuffled: bool | None


def loaders(look: Look) -> list[Loader]:
    """Every loader of torch's that the source makes."""
    found = []
    for site in look.sites("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"):
        dataset = look.argument(site.node, 0, "dataset")
        if dataset is not None:
            found.append(Loader(site, dataset, _shuffled(look, site)))
    return found


def _shuffled(look: Look, site: Site) -> bool | None:
    call = site.node
    if any(k.arg in (None, "sampler", "batch_sampler") for k in call.keywords):
        return None
    if len(call.args) > 3 or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    given = look.argument(call, 2, "shuffle")
    if given is None:
        return False
    value = look.constant(site.block, given)
    return value if isinstance(value, bool) else None


def trained_on(look: Look) -> list[Instance]:
    """The loaders that training loops run over."""
    found = []
    for loop in training_loops(look):
        for node in loop.backward.block.loops:
            made = loaded_by(look, loop.backward.block, node)
            if made is not None:
                found.append(made)
    return found


def loaded_by(look: Look, block: Block, loop: ast.AST) -> Instance | None:
    """The loader that a loop runs over: `for i, (x, y) in enumerate(tqdm(loader)):`."""
    if not isinstance(loop, (ast.For, ast.AsyncFor)):
        return None
    node = loop.iter
    while isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name not in _AROUND:
            break
        node = node.args[0]
    made = look.instance(block, node)
    return made if made is not None and made.name.endswith(".DataLoader") else None


def splits(look: Look, function: str) -> Iterator[tuple[Block, ast.Assign, list[str]]]:
    """`a, b = random_split(...)`: where, and the names of the parts."""
    for index in look.project.indexes:
        for node, block in index.assignments:
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            target = node.targets[0]
            if len(node.targets) > 1 or not isinstance(target, ast.Tuple):
                continue
            if look.name(block, node.value.func).rpartition(".")[2] == function:
                names = [one.id for one in target.elts if isinstance(one, ast.Name)]
                if len(names) == len(target.elts):
                    yield block, node, names


def is_read(look: Look, block: Block, name: str) -> bool:
    """Whether anything in the file reads a variable of this name."""
    return name in look.reads(block.scope.index.file)
