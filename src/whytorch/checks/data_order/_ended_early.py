"""A loop over a loader that ends after its first batch, by a `break` or `return` that stands in the
loop where it was meant to stand behind it, or under a condition."""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._learning import FAILED, WELL, Learning
from whytorch.checks._rewriting import statement, text
from whytorch.checks.data_order._same_few import on_others
from whytorch.checks.data_order._used_up_batches import into_the_loop, used_up
from whytorch.evidence.facts import Passes, PassFacts
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, Place, Remove

ENOUGH = 3  # passes, all of them so: one may be a trial
MANY = 8  # batches that each of them has


def first_batch_only(
    passes: Passes | None, outcome: Learning, source: Source | None
) -> Finding | None:
    shown = [p for p in (passes.of("train") if passes else ()) if p.samples]
    if len(shown) < ENOUGH or not all(_ended(p) for p in shown) or not on_others(passes):
        return used_up(passes, outcome, source)
    ends = _ends(source, shown[-1].place)
    skill = outcome.eval_skill
    if ends is None or (skill is not None and skill >= WELL):
        return None
    where, word = ends
    planned = shown[-1].planned_batches
    return Finding(
        title="Loop over the batches ends after its first",
        says=f"{len(shown)} times a pass over {planned} batches was begun, and ended after its "
        f"first: {word} stands in the loop, and every batch reaches it{outcome.reached()}",
        places=places(where, shown[-1].place),
        severity="error" if skill is not None and skill < FAILED else "warning",
        confidence=0.95,
        measured={"passes": len(shown), "batches": planned, "steps": sum(p.steps for p in shown)},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance", "same-class-predicted"),
        fix=Fix(f"take {word} out of the loop over the batches: indent it less, behind the loop"),
    )


def _ended(one: PassFacts) -> bool:
    return one.batches == 1 and (one.planned_batches or 0) >= MANY and not one.shortened


def _ends(source: Source | None, place: Place | None) -> tuple[Place, str] | None:
    """The `break` or `return` that stands, under no condition, in the loop around a line."""
    file = source.file(place.path) if source is not None and place is not None else None
    if file is None or place is None:
        return None
    around = [
        node
        for node in ast.walk(file.tree)
        if isinstance(node, ast.For) and node.lineno <= place.line <= (node.end_lineno or 0)
    ]
    for loop in sorted(around, key=lambda n: -n.lineno)[:1]:
        for one in loop.body:
            if isinstance(one, (ast.Break, ast.Return)):
                word = "break" if isinstance(one, ast.Break) else "return"
                return Place(place.path, one.lineno), word
    return None


def behind_the_loop(finding: Finding, source: Source) -> list[AnyEdit]:
    """`break` goes, `return` comes after the loop; batches are made within it."""
    ends = finding.places[0]
    if "no batch was left" in finding.says:
        return into_the_loop(finding, source)
    node, file = statement(source, ends), source.file(ends.path)
    if file is None or not isinstance(node, ast.Return):
        return [Remove(ends)] if isinstance(node, ast.Break) else []
    loop = next((n for n in ast.walk(file.tree) if isinstance(n, ast.For) and node in n.body), None)
    if loop is None:
        return []
    code = text(source, ends, node)
    return [Remove(ends), InsertAfter(Place(ends.path, loop.lineno), code=code)]
