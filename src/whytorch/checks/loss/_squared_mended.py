"""A squared error written by hand, and the cross-entropy of the same two for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.checks._rewriting import at, statement
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Place, ReplaceExpression

_SQUARES = ("pow", "square", "abs")
_NUMBERS = re.compile(r"(\.(float|long|double)\(\)|\.(un)?squeeze\(-?\d\)|\.view\(-1, 1\))+$")
_WORD = re.compile(r"(?i)label|target|truth|wanted|answer|one_?hot|^y|_y$|^t$")
_OUTPUT = re.compile(r"(?i)pred|out|hat|logit|score|prob|\(")


def in_cross_entropy(finding: Finding, source: Source) -> list[AnyEdit]:
    """`((model(x) - y.unsqueeze(1)) ** 2).mean()` -> `F.cross_entropy(model(x), y)`, of the raw
    scores and the class numbers."""
    for place in finding.places:
        node = statement(source, place)
        value = getattr(node, "value", None)
        if not isinstance(node, (ast.Assign, ast.Return)) or not isinstance(value, ast.expr):
            continue
        apart = list(_differences(value))
        if len(apart) == 1 and (sides := _sides(apart[0])) is not None:
            new = "torch.nn.functional.cross_entropy({}, {})".format(*_given(finding, *sides))
            old = ast.get_source_segment(_text(source, place), value) or ""
            return [ReplaceExpression(at(place, value), ("import torch",), old, new)]
    return []


def _text(source: Source, place: Place) -> str:
    file = source.file(place.path)
    return file.text if file is not None else ""


def _differences(value: ast.expr) -> Iterator[ast.BinOp]:
    """a - b that is squared, or made positive."""
    for node in ast.walk(value):
        inner: ast.expr | None = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            inner = node.left
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _SQUARES:
                of_torch = isinstance(node.func.value, ast.Name) and node.func.value.id == "torch"
                inner = node.args[0] if of_torch and node.args else node.func.value
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
            yield inner


def _sides(apart: ast.BinOp) -> tuple[str, str] | None:
    """(outputs, labels) by their names, or by what was done to the labels to make them fit."""
    sides = [ast.unparse(n) for n in (apart.left, apart.right)]
    bare = [_NUMBERS.sub("", side) for side in sides]
    for known in (
        [n for n in (0, 1) if bare[n] != sides[n] and bare[n].isidentifier()],
        [n for n in (0, 1) if _WORD.search(bare[n]) and not _OUTPUT.search(bare[n])],
    ):
        if len(known) == 1:
            return sides[1 - known[0]], bare[known[0]]
    return None


def _given(finding: Finding, outputs: str, labels: str) -> tuple[str, str]:
    """One-hot labels as class numbers, outputs without the softmax around them."""
    shapes = [finding.measured.get(k) for k in ("output_shape", "label_shape")]
    if shapes[0] == shapes[1] and ".argmax(" not in labels:
        labels = f"{labels}.argmax(1)" if labels.isidentifier() else f"({labels}).argmax(1)"
    softmax = re.fullmatch(r"(?:\w+\.)*softmax\((.+), (?:dim=)?-?1\)", outputs)
    return (softmax[1] if softmax else outputs), labels
