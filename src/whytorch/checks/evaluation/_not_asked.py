"""A loss of evaluation that is computed without the network: it compares the input with the target,
and is the same after every epoch."""

from __future__ import annotations

from itertools import pairwise

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._figures import labelled
from whytorch.evidence.facts import LossCalls, LossSite, Passes, Run
from whytorch.records import Finding, Fix, Place

ENOUGH_CALLS = 4
ENOUGH_LINES = 3  # with the same figure; a value to compare with is printed once
ENOUGH_DIGITS = 3
NEAR = 0.35  # of the losses of single batches, the first and the last
ENOUGH_STEPS = 10  # between two of the lines: the weights have moved


def decide(passes: Passes, losses: LossCalls | None, run: Run) -> list[Finding]:
    """No network is called in evaluation at all, but a loss is computed there and printed."""
    asked = any(p.phase == "eval" for p in (*passes.passes, *passes.others))
    if asked or losses is None or not run.every_stage:
        return []
    for site in losses.sites:
        alone = site.phase == "eval" and not site.from_model and site.place is not None
        if not alone or site.calls < ENOUGH_CALLS or site.raised:
            continue
        if (shown := _standing_still(site, passes)) is not None:
            return [_finding(site, *shown)]
    return []


def _standing_still(site: LossSite, passes: Passes) -> tuple[Place, str, int] | None:
    """(where, what, in how many lines) the same number is printed after each epoch, and it is about
    what this loss gives."""
    series: dict[tuple[str, int, int], list[tuple[int, str]]] = {}
    where: dict[tuple[str, int, int], Place] = {}
    for line in passes.printed:
        if line.place is not None:
            for slot, match, _ in labelled(line.text):
                key = (line.place.path, line.place.line, slot)
                where[key] = line.place
                series.setdefault(key, []).append((line.step, match.group()))
    for key, seen in series.items():
        tokens, steps = {token for _, token in seen}, sorted({step for step, _ in seen})
        apart = all(b - a >= ENOUGH_STEPS for a, b in pairwise(steps))
        if len(tokens) == 1 and len(steps) >= ENOUGH_LINES and apart and _is_of(site, seen[0][1]):
            return where[key], seen[0][1], len(seen)
    return None


def _is_of(site: LossSite, token: str) -> bool:
    given = [v for v in (site.first_value, site.last_value) if v]
    value = float(token)
    digits = len(token.lstrip("+-0.").replace(".", ""))
    near = all(abs(value - v) <= NEAR * abs(v) for v in given)
    return bool(given) and digits >= ENOUGH_DIGITS and near


def _finding(site: LossSite, where: Place, token: str, lines: int) -> Finding:
    return Finding(
        says=f"{site.function} is computed {site.calls} times in evaluation, and no network is "
        "called there: it compares two tensors of the data with each other, so that the figure "
        f"printed from it, {token}, is the same in all {lines} lines",
        places=places(site.place, where),
        severity="warning",
        confidence=0.85,
        measured={"calls": site.calls, "printed": float(token), "lines": lines},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix("give the loss what the network says: criterion(model(inputs), targets)"),
    )
