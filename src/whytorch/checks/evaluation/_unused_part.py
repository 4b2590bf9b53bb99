"""A held-out part of the data that nobody reads, while the training part is drawn from twice."""

from __future__ import annotations

import ast
from typing import NamedTuple

from whytorch.evidence.source_data import Loader, is_read, loaders, splits, trained_on
from whytorch.evidence.source_look import Look


class Unused(NamedTuple):
    """The second loader of the training part, that part's name, and the parts nobody reads."""

    loader: Loader
    part: str
    unused: tuple[str, ...]


def second_loader(look: Look) -> Unused | None:
    """Where a split was made, and only its training part is ever used, in two loaders."""
    made = loaders(look)
    if len(made) < 2:
        return None
    training = {id(one.node) for one in trained_on(look)}
    for block, node, names in splits(look, "random_split"):
        used = [name for name in names if is_read(look, block, name)]
        unused = tuple(n for n in names if n not in used and not n.startswith("_"))
        if len(used) != 1 or not unused:
            continue
        own = [one for one in made if _draws_from(look, one, used[0], node)]
        trained = [one for one in own if id(one.site.node) in training]
        others = [one for one in own if id(one.site.node) not in training]
        if trained and others:
            return Unused(others[0], used[0], unused)
    return None


def _draws_from(look: Look, loader: Loader, name: str, split: ast.Assign) -> bool:
    if not isinstance(loader.dataset, ast.Name) or loader.dataset.id != name:
        return False
    binding = look.names.binding(loader.site.block, name, loader.dataset)
    return binding is not None and binding.anchor is split
