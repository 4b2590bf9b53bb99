"""Losses printed once a pass that are those of its last batch: one draw, taken for the epoch's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._figures import Figure, labelled
from whytorch.evidence.facts import Passes, PassFacts, PrintedLine
from whytorch.records import Finding, Fix, Place

_LOSS = re.compile(r"loss", re.IGNORECASE)
_SAID = re.compile(r"batch|last|step|iter|current|latest|best|lowest", re.IGNORECASE)
_HELD_OUT = re.compile(r"test|val|eval|dev|held", re.IGNORECASE)
ENOUGH_BATCHES = 5
ENOUGH_LINES = 2
ENOUGH_DIGITS = 6  # in all of them: nothing else gives these by chance
OFF = 0.25  # of the mean, in half of the lines: below, the last batch stands for the others


def decide(passes: Passes) -> list[Finding]:
    """Advice: the curve is noisier than the training is, and what is compared is chance."""
    series: dict[tuple[Place | None, int], list[Figure]] = {}
    for line in passes.printed:
        for figure in _losses(line, passes):
            series.setdefault((line.place, figure.slot), []).append(figure)
    for shown in series.values():
        if _is_of_the_last(shown):
            return [_finding(shown)]
    return []


def _losses(line: PrintedLine, passes: Passes) -> Iterator[Figure]:
    if line.place is None or not _LOSS.search(line.text) or _SAID.search(line.text):
        return
    for slot, match, label in labelled(line.text):
        phase = "eval" if _HELD_OUT.search(label[-24:]) else "train"
        of = _pass_of(line, phase, passes)
        if of is not None and _LOSS.search(label[-24:]):
            yield Figure(line, slot, match.group(), label, of)


def _pass_of(line: PrintedLine, phase: str, passes: Passes) -> PassFacts | None:
    """The last whole pass of this phase, where it is over when the line comes."""
    before = [p for p in passes.passes if p.index <= line.after_pass and p.phase == phase]
    one = before[-1] if before else None
    if one is None or one.interleaved or one.shortened or one.batches < ENOUGH_BATCHES:
        return None
    over = line.step >= one.first_step + one.steps
    return one if over and one.mean_loss and one.last_loss is not None else None


def _is_of_the_last(shown: list[Figure]) -> bool:
    once = len({f.of.index for f in shown}) == len(shown) >= ENOUGH_LINES
    digits = sum(f.digits for f in shown)
    same = all(abs(f.value - (f.of.last_loss or 0.0)) <= 0.51 * f.unit for f in shown)
    return once and same and digits >= ENOUGH_DIGITS and 2 * sum(map(_off, shown)) >= len(shown)


def _off(figure: Figure) -> bool:
    mean = figure.of.mean_loss or 0.0
    return abs(figure.value - mean) > OFF * mean


def _finding(shown: list[Figure]) -> Finding:
    worst = max(shown, key=lambda f: abs(f.value - (f.of.mean_loss or 0.0)) / (f.of.mean_loss or 1))
    return Finding(
        says=f"the loss that is printed once an epoch, {worst.token}, is that of its last batch "
        f"alone; the mean over the {worst.of.batches} batches is {worst.of.mean_loss:.4g}",
        places=places(worst.line.place),
        severity="advice",
        confidence=0.4,
        measured={
            "printed": worst.value,
            "mean_loss": worst.of.mean_loss,
            "batches": worst.of.batches,
        },
        fix=Fix("add up loss.item() * images.size(0) over the batches, from 0 in each epoch, and "
                "print the sum divided by the number of samples"),
    )  # fmt: skip
