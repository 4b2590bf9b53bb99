"""Where a loop says after how many batches it steps, and by how much it divides the loss."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._places import loops_around, same
from whytorch.checks._rewriting import at
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Place, ReplaceConstant


def each_batch(finding: Finding, source: Source) -> list[AnyEdit]:
    """A step after every batch: `n` of the `if i % n == 0` around the step becomes 1, and so does
    what the loss is divided by. `finding.places`: the step and the backward."""
    if len(finding.places) < 2:
        return []
    step, backward = finding.places[:2]
    every = _every(source, step)
    if every is None:
        return []
    edits = _as_one(source, step, every)
    if edits and isinstance(every, ast.Constant):  # by name it is 1 wherever it is read
        edits += [
            ReplaceConstant(at(backward, by), old=_value(by), new="1")
            for by in _divisors(source, backward)
        ]
    return edits


def _every(source: Source, step: Place) -> ast.expr | None:
    """`n` of the innermost `if ... % n ...:` around a line."""
    around = [
        node
        for node in _nodes(source, step)
        if isinstance(node, ast.If) and node.lineno <= step.line <= (node.end_lineno or 0)
    ]
    for node in sorted(around, key=lambda n: -n.lineno):
        found = [
            n.right
            for n in ast.walk(node.test)
            if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mod)
        ]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _as_one(source: Source, step: Place, every: ast.expr) -> list[AnyEdit]:
    """Where it is written, or where its name gets its value."""
    if isinstance(every, ast.Constant):
        place = Place(step.path, every.lineno, every.lineno)
        return [ReplaceConstant(place, old=_value(every), new="1")]
    name = ast.unparse(every)
    given = [
        (a.place, a.value.constant) for a in source.assignments if name in a.targets and a.value
    ]
    if len(given) != 1 or type(given[0][1]) is not int:
        return []
    return [ReplaceConstant(given[0][0], old=float(given[0][1]), new="1")]


def _divisors(source: Source, backward: Place) -> Iterator[ast.Constant]:
    """Numbers by which the statement of the backward divides, or an earlier one of its loop that
    makes a loss."""
    loop = next(reversed(loops_around(source, backward)), None)
    first = loop.place.line if loop is not None else backward.line
    for node in _nodes(source, backward):
        if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
            continue
        here = same(Place(backward.path, node.lineno), backward)
        inside = first < node.lineno <= backward.line and not isinstance(node, ast.Expr)
        if here or (inside and "loss" in ast.unparse(node)):
            yield from _divided(node)


def _divided(node: ast.AST) -> Iterator[ast.Constant]:
    for part in ast.walk(node):
        by = part.right if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) else None
        if isinstance(by, ast.Constant) and isinstance(by.value, int) and by.value > 1:
            yield by


def _nodes(source: Source, place: Place) -> Iterator[ast.AST]:
    file = source.file(place.path)
    return iter(ast.walk(file.tree)) if file is not None else iter(())


def _value(node: ast.Constant) -> float:
    return float(node.value)  # type: ignore[arg-type]
