"""A figure that is called a test's and is that of the validation before it: the true one of the
test was computed and is shown nowhere."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._figures import Figure, figures
from whytorch.evidence.facts import Passes, PassFacts
from whytorch.records import Finding, Fix

ENOUGH = 3  # lines, all of them so
ENOUGH_DIGITS = 6  # of the different figures together: no chance
VISIBLE = 0.01
MISLEADING = 0.03
_TEST = re.compile(r"\btest", re.IGNORECASE)
_VALIDATION = re.compile(r"\b(?:val|dev)", re.IGNORECASE)


def decide(passes: Passes) -> list[Finding]:
    every = [f for shown in figures(passes).values() for f in shown]
    found = (_finding(shown, every, passes) for shown in figures(passes).values())
    return [f for f in found if f is not None]


def _finding(shown: list[Figure], every: list[Figure], passes: Passes) -> Finding | None:
    if len(shown) < ENOUGH or not all(_called(f, _TEST, _VALIDATION) for f in shown):
        return None
    before = [_before(f.of, passes) for f in shown]
    pairs = [(f, one) for f, one in zip(shown, before, strict=True) if one is not None]
    if len(pairs) < len(shown) or not all(f.shows(one.accuracy or 0.0) for f, one in pairs):
        return None
    off = [(f, one) for f, one in pairs if _gap(f.of, one) >= VISIBLE]
    digits = sum({f.token: max(1, f.digits) for f in shown}.values())
    if 2 * len(off) < len(shown) or digits < ENOUGH_DIGITS:
        return None
    if not all(_told(one, every) for _, one in pairs) or any(_shown(f.of, every) for f, _ in off):
        return None
    last, one = off[-1]
    return Finding(
        says=f"{last.name!r} is printed as {last.token}, but that is the accuracy of the "
        f"{one.counted} samples evaluated before, which is printed as validation too; of the "
        f"{last.of.counted} samples evaluated last {last.of.accuracy:.1%} are right, in "
        f"{len(off)} of {len(shown)} lines",
        places=places(last.line.place),
        severity="error" if _gap(last.of, one) >= MISLEADING else "warning",
        confidence=0.93,
        measured={"printed": last.value, "accuracy": last.of.accuracy, "lines": len(shown)},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix("print what the test gave: it stands in another variable"),
    )


def _called(figure: Figure, name: re.Pattern[str], other: re.Pattern[str]) -> bool:
    text = figure.label
    if not (name.search(text) or other.search(text)):
        text = figure.line.text
    return bool(name.search(text)) and not other.search(text)


def _before(one: PassFacts, passes: Passes) -> PassFacts | None:
    """The evaluation right before it, of other samples, with no training in between."""
    alike = [
        p
        for p in passes.of("eval")
        if p.index < one.index and p.first_step == one.first_step and p.counted
    ]
    last = max(alike, key=lambda p: p.index, default=None)
    return last if last is not None and last.accuracy is not None and one.accuracy else None


def _gap(one: PassFacts, other: PassFacts) -> float:
    return abs((one.accuracy or 0.0) - (other.accuracy or 0.0))


def _told(one: PassFacts, every: list[Figure]) -> bool:
    """Whether a figure that is called validation shows what this pass gave."""
    mine = (f for f in every if f.of.index == one.index and f.shows(one.accuracy or 0.0))
    return any(_called(f, _VALIDATION, _TEST) for f in mine)


def _shown(one: PassFacts, every: list[Figure]) -> bool:
    return any(f.of.index == one.index and f.shows(one.accuracy or 0.0) for f in every)
