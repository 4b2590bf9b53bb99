"""Training data that the source itself puts in the order of the classes."""

from __future__ import annotations

import ast
from typing import NamedTuple

from whytorch.evidence.source_data import Loader, loaders, trained_on
from whytorch.evidence.source_look import Look
from whytorch.evidence.source_losses import loss_calls
from whytorch.evidence.source_scopes import Block

_BY_FOLDER = ("torchvision.datasets.ImageFolder", "torchvision.datasets.DatasetFolder")
_SORTING = {"argsort", "sort", "lexsort"}


class Sorted(NamedTuple):
    loader: Loader
    why: str


def sorted_training(look: Look) -> list[Sorted]:
    """Loaders of a classifier's training that neither shuffle nor sample sorted data."""
    fixed = [one for one in loaders(look) if one.shuffled is False]
    if not fixed or not (
        loss_calls(look, "cross_entropy", "CrossEntropyLoss")
        or loss_calls(look, "nll_loss", "NLLLoss")
    ):
        return []
    training = {id(one.node) for one in trained_on(look)}
    found = []
    for one in fixed:
        why = _why(look, one) if id(one.site.node) in training else None
        if why is not None:
            found.append(Sorted(one, why))
    return found


def _why(look: Look, one: Loader) -> str | None:
    made = look.instance(one.site.block, one.dataset)
    if made is None:
        return None
    if made.name in _BY_FOLDER:
        return f"{made.name.rpartition('.')[2]} lists one class after the other"
    if made.name.endswith(".TensorDataset") and made.node.args:
        if all(_is_sorted(look, made.block, part) for part in made.node.args):
            return "its samples are put in the order of an argsort"
    return None


def _is_sorted(look: Look, block: Block, node: ast.expr) -> bool:
    """`x[order]` with `order = y.argsort()`."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Name):
        return False
    origin = look.trace(block, node.slice)
    call = origin.node
    if not origin.exact or not isinstance(call, ast.Call):
        return False
    return look.name(origin.block, call.func).rpartition(".")[2] in _SORTING
