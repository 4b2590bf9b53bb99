"""A sum of losses that is set to some of its terms before anyone reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from whytorch.checks.architecture._dropped import (
    LOSS_FUNCTIONS,
    LOSSES,
    all_bodies,
    loaded,
)
from whytorch.evidence.source import Source
from whytorch.evidence.source_nodes import walk
from whytorch.records import Place


class Overwritten(Struct, frozen=True):
    name: str
    left_out: tuple[str, ...]  # terms of the sum that the name does not hold afterwards
    place: Place  # where it is set again
    summed: Place


def sums_in_vain(source: Source) -> Iterator[Overwritten]:
    """`total = score + position + size`, and below `total = score`: what was left from a trial."""
    if not source.calls_to("*.backward"):
        return
    kinds = source.calls_to(*(f"*.{kind}" for kind in LOSSES))
    names = {n for call in kinds for n in source.names_assigned_at(call.place)}
    functions = source.calls_to(*(f"torch.nn.functional.{f}" for f in LOSS_FUNCTIONS))
    for call in (*functions, *source.calls_written(*names)):
        file = source.file(call.place.path)
        for target in source.names_assigned_at(call.place) if file is not None else ():
            assert file is not None
            for body in all_bodies(file.tree):
                yield from _in_body(body, target, call.place)


def _in_body(body: list[ast.stmt], loss: str, computed: Place) -> Iterator[Overwritten]:
    """In the straight code that computes this loss."""
    if not any(s.lineno <= computed.line <= (s.end_lineno or s.lineno) for s in body):
        return
    for position, statement in enumerate(body):
        name, terms = _sum(statement)
        if name is None or statement.lineno < computed.line or loss not in terms:
            continue
        again = _set_again(name, body[position + 1 :])
        if again is None:
            continue
        kept = loaded([again])
        if kept and kept < terms and name not in kept:
            place = Place(computed.path, again.lineno)
            left = tuple(sorted(_losses_like(terms - kept, body)))
            if left:
                yield Overwritten(name, left, place, Place(computed.path, statement.lineno))


def _sum(statement: ast.stmt) -> tuple[str | None, set[str]]:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None, set()
    target, value = statement.targets[0], statement.value
    added = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add)
    if not isinstance(target, ast.Name) or not added:
        return None, set()
    terms = loaded([statement])
    return (target.id, terms) if len(terms) > 1 and target.id not in terms else (None, set())


def _set_again(name: str, rest: list[ast.stmt]) -> ast.Assign | None:
    """The statement that sets it, where none between reads it, or may."""
    for statement in rest:
        sets = isinstance(statement, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name for t in statement.targets
        )
        if sets and isinstance(statement, ast.Assign) and name not in loaded([statement.value]):
            return statement
        stored = any(isinstance(n, ast.Name) and n.id == name for n in walk(statement))
        if stored or not isinstance(statement, (ast.Assign, ast.Expr, ast.AnnAssign)):
            return None
    return None


def _losses_like(names: set[str], body: list[ast.stmt]) -> set[str]:
    """Those that were computed in the same code: no weights, no settings."""
    made = {
        t.id
        for s in body
        if isinstance(s, ast.Assign) and any(isinstance(n, ast.Call) for n in walk(s.value))
        for t in s.targets
        if isinstance(t, ast.Name)
    }
    return names & made
