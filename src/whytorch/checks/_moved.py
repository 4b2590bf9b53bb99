"""Statements that belong somewhere else: behind another one, behind a loop, into a loop."""

from __future__ import annotations

import ast

from whytorch.checks._mending import in_scope, owner
from whytorch.checks._rewriting import statement, text
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, InsertAfter, Place, Remove


def moved_behind(source: Source, call: Call, after: Place) -> list[AnyEdit]:
    """A call that is a statement of its own goes behind the statement at `after`. Nothing where it
    is part of another one, or where its names are not known there."""
    node = statement(source, call.place)
    if not isinstance(node, ast.Expr) or not in_scope(source, after, call.raw):
        return []
    if not isinstance(node.value, ast.Call) or ast.unparse(node.value.func) != call.raw:
        return []
    code = text(source, call.place, node)
    return [Remove(call.place), InsertAfter(after, code=code)]


def only_step(source: Source, besides: str) -> Call | None:
    """The one call inside a loop that steps an optimizer; None where there are several, or none.
    `besides`: what is no optimizer."""
    found = [
        c
        for c in source.calls_to("*.step")
        if c.last == "step" and owner(c) != besides and c.loop_depth and not _schedules(source, c)
    ]
    return found[0] if len(found) == 1 else None


def _schedules(source: Source, call: Call) -> bool:
    made = source.calls_to("torch.optim.lr_scheduler.*")
    return any(owner(call) in source.names_assigned_at(c.place) for c in made)
