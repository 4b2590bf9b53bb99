"""Gradients that are added up over some batches: the step at the last batch, which it misses."""

from __future__ import annotations

import ast
import re

from whytorch.checks._places import loops_around
from whytorch.checks._rewriting import at, text
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, ReplaceExpression

_COUNTED = re.compile(r"enumerate\(([\w.]+)(?:, (?:start=)?([01]))?\)")


def at_the_last_batch(source: Source, step: Call) -> list[AnyEdit]:
    """`if (i + 1) % 4 == 0:` -> `if (i + 1) % 4 == 0 or i + 1 == len(loader):`, where the loop
    counts the batches of something that has a name."""
    loops, test = loops_around(source, step.place), _test_around(source, step)
    counted = _COUNTED.fullmatch(loops[-1].iterable) if loops else None
    if counted is None or test is None:
        return []
    number = (loops[-1].target or "").strip("()").split(",")[0]
    last = number if counted[2] == "1" else f"{number} + 1"
    old = text(source, step.place, test)
    new = f"{old} or {last} == len({counted[1]})"
    return [ReplaceExpression(at(step.place, test), old=old, new=new)]


def _test_around(source: Source, step: Call) -> ast.Compare | None:
    """`(i + 1) % 4 == 0`, all that the step waits for."""
    file = source.file(step.place.path)
    tests = [
        node.test
        for node in (ast.walk(file.tree) if file is not None else ())
        if isinstance(node, ast.If)
        and node.body[0].lineno <= step.place.line <= (node.body[-1].end_lineno or 0)
        and any(isinstance(part, ast.Mod) for part in ast.walk(node.test))
    ]
    return tests[0] if len(tests) == 1 and isinstance(tests[0], ast.Compare) else None
