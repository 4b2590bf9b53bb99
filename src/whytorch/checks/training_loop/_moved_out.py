"""Moves the lines that build a network and its optimizer out of the loop they stand in."""

from __future__ import annotations

import ast
import re

from whytorch.checks._places import within
from whytorch.checks._rewriting import at, statement, text
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import dotted, targets_of
from whytorch.records import AnyEdit, InsertBefore, Place, Remove


def moved_out(source: Source, made: Place, loop: Place) -> list[AnyEdit]:
    """Nothing where a line needs what only the loop knows."""
    around = statement(source, loop)
    if made.path != loop.path or not isinstance(around, (ast.For, ast.While)):
        return []
    network = next((s for s in around.body if s.lineno == made.line), None)
    if not isinstance(network, ast.Assign):
        return []
    moved: list[ast.stmt] = [network, *_optimizers(source, around, network, made)]
    moved_in = [s for s in moved if not _stands_before(source, s, around, made)]
    lines = [text(source, made, s) for s in moved_in]
    own = {dotted(t) for s in moved for t in targets_of(s)}
    bound = {dotted(t) for s in ast.walk(around) for t in targets_of(s)} - own
    read = {dotted(n) for s in moved_in for n in ast.walk(s) if isinstance(n, ast.Name)}
    if read & bound or any("\n" in line or not line for line in lines):
        return []
    inserted = [InsertBefore(loop, code="\n".join(lines))] if lines else []
    return [*inserted, *(Remove(at(made, s)) for s in moved)]


def _stands_before(source: Source, own: ast.stmt, loop: ast.stmt, made: Place) -> bool:
    """The same names are given the result of the same call in front of the loop already: what is
    built from them there, a scheduler or an average, goes on with those."""
    file = source.file(made.path)
    bodies = [n.body for n in ast.walk(file.tree) if hasattr(n, "body")] if file else []
    body = next((b for b in bodies if isinstance(b, list) and loop in b), [])
    return any(
        isinstance(s, ast.Assign)
        and isinstance(own, ast.Assign)
        and set(map(dotted, targets_of(s))) == set(map(dotted, targets_of(own)))
        and isinstance(s.value, ast.Call)
        and isinstance(own.value, ast.Call)
        and dotted(s.value.func) == dotted(own.value.func)
        for s in body[: body.index(loop)]
    )


def _optimizers(
    source: Source, around: ast.For | ast.While, network: ast.Assign, made: Place
) -> list[ast.stmt]:
    """Statements of the same body that give the network's parameters to an optimizer."""
    names = {dotted(t) for t in targets_of(network)}
    calls = [c for c in source.calls if re.match(r"torch\.optim\.[A-Z]", c.name)]
    return [
        s
        for s in around.body
        if isinstance(s, ast.Assign)
        and any(within(c.place, Place(made.path, s.lineno, end_line=s.end_lineno)) for c in calls)
        and names & {dotted(n) for n in ast.walk(s.value) if isinstance(n, ast.Name)}
    ]
