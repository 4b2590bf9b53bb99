"""Training and test images that the source brings to different scales."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_data import splits
from whytorch.evidence.source_look import Look
from whytorch.evidence.source_scopes import Block

_OPERATORS = {ast.Sub: "-", ast.Div: "/", ast.Mult: "*", ast.Add: "+"}


class Scaled(NamedTuple):
    """`x_test = x_test / 255` beside `x_train = (x_train - mean) / std`; the two as written."""

    block: Block
    node: ast.Assign
    own: str
    other: str


def scaled_apart(look: Look) -> Iterator[Scaled]:
    """Both parts of a train_test_split scaled by formulas with different operators."""
    for block, _, names in splits(look, "train_test_split"):
        if len(names) not in (2, 4):
            continue
        train, test = (_scalings(look, block, name) for name in names[:2])
        if len(train) != 1 or len(test) != 1:
            continue
        # (x - mean) / std and (x - mean) * (1 / std) may be the same: what counts is whether a
        # centre is taken away, which no dividing makes up for.
        centred = [names[at] for at, one in enumerate((train, test)) if "-" in one[0][1]]
        if len(centred) == 1 and not _is_computed_with(look, block, names, (train, test)):
            own, other = test[0][0], train[0][0]
            yield Scaled(block, own, look.text(block, own), look.text(block, other))


def _is_computed_with(
    look: Look, block: Block, names: list[str], own: tuple[list[tuple[ast.Assign, set[str]]], ...]
) -> bool:
    """Whether one of the two is subtracted from elsewhere: `model(x_test - mean)`."""
    inside = {id(n) for told in own for node, _ in told for n in look.inside(node)}
    return any(
        isinstance(node, ast.BinOp)
        and id(node) not in inside
        and isinstance(node.left, ast.Name)
        and node.left.id in names[:2]
        for node in look.inside(block.scope.index.file.tree)
    )


def _scalings(look: Look, block: Block, name: str) -> list[tuple[ast.Assign, set[str]]]:
    """The assignments `x = <arithmetic on x>` of this variable, each with its operators."""
    found = []
    for node, at in block.scope.index.assignments:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or target.id != name:
            continue
        operators = _operators(node.value, name) if at is block else None
        if not isinstance(node, ast.Assign) or operators is None:
            return []  # in a way that this reading does not follow
        if operators:
            found.append((node, operators))
    return found


def _operators(node: ast.expr | None, name: str) -> set[str] | None:
    """The operators between the variable and numbers; None if anything else is done to it."""
    if isinstance(node, ast.Name):
        return set() if node.id == name else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        # A new shape or type is no scaling.
        keeps = {"astype", "float", "reshape", "view", "unsqueeze", "to", "copy"}
        return _operators(node.func.value, name) if node.func.attr in keeps else None
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        inner = _operators(node.left, name)
        return None if inner is None else inner | {_OPERATORS[type(node.op)]}
    return None
