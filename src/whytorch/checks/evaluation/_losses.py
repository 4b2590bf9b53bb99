"""Printed losses of training and evaluation that were divided by different things."""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls, Passes, PassFacts, PrintedLine
from whytorch.records import Finding, Fix, Place

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]*\w)")
_LOSS = re.compile(r"loss", re.IGNORECASE)
_TRAINING = re.compile(r"train", re.IGNORECASE)
_HELD_OUT = re.compile(r"test|val|eval|dev|held", re.IGNORECASE)
NEAR = 0.06  # a mean over samples and one over batches differ by the last batch, no more
CLOSE = 0.01  # of what a wrong divisor gives, beside the rounding of the last digit
FACTOR = 4  # batches of fewer samples are too near to the truth to be told apart
ENOUGH_DIGITS = 4  # in all lines of one place


class _Shown(Struct, frozen=True):
    """One printed loss, and the pass over data that it speaks of."""

    line: PrintedLine
    token: str
    of: PassFacts

    @property
    def value(self) -> float:
        return float(self.token)

    @property
    def unit(self) -> float:
        return 10.0 ** -len(self.token.partition(".")[2]) if "e" not in self.token else 0.0

    def is_mean(self) -> bool:
        mean = self.of.mean_loss or 0.0
        return abs(self.value - mean) <= NEAR * mean + self.unit

    def is_by_samples(self) -> bool:
        """The sum of the batches' mean losses, divided by the number of samples."""
        mean, samples = self.of.mean_loss or 0.0, self.of.samples
        wrong = mean * self.of.batches / samples if samples else 0.0
        return abs(self.value - wrong) <= CLOSE * wrong + 0.51 * self.unit


def decide(passes: Passes, losses: LossCalls | None) -> list[Finding]:
    """A warning where one of two losses that are printed to be compared is divided by the number
    of samples though it sums means of batches, and the other one is not."""
    if losses is None or any(s.options.get("reduction", "mean") != "mean" for s in losses.sites):
        return []
    series: dict[tuple[str, int, int], list[_Shown]] = {}
    for line in passes.printed:
        for slot, shown in _losses_in(line, passes):
            assert line.place is not None
            series.setdefault((line.place.path, line.place.line, slot), []).append(shown)
    wrong = [s for s in series.values() if _is_wrong(s)]
    right = [s for s in series.values() if all(one.is_mean() for one in s)]
    for one in wrong:
        others = [s for s in right if s[0].of.phase != one[0].of.phase]
        if others:
            return [_finding(one, others[0])]
    return []


def _is_wrong(series: list[_Shown]) -> bool:
    digits = sum(len(s.token.lstrip("+-0.").replace(".", "")) for s in series)
    return digits >= ENOUGH_DIGITS and all(
        s.is_by_samples() and not s.is_mean() and s.of.samples >= FACTOR * s.of.batches
        for s in series
    )


def _losses_in(line: PrintedLine, passes: Passes) -> list[tuple[int, _Shown]]:
    """The numbers of a line that are called a loss of training or of evaluation."""
    found, end = [], 0
    if line.place is None or not _LOSS.search(line.text):
        return []
    for slot, match in enumerate(_NUMBER.finditer(line.text)):
        label, end = line.text[end : match.start()], match.end()
        words = label[-24:]
        training, held_out = _TRAINING.search(words), _HELD_OUT.search(words)
        if _LOSS.search(words) and bool(training) != bool(held_out):
            of = _pass_of(line, "train" if training else "eval", passes)
            if of is not None:
                found.append((slot, _Shown(line, match.group(), of)))
    return found


def _pass_of(line: PrintedLine, phase: str, passes: Passes) -> PassFacts | None:
    """The last whole pass of this phase before the line."""
    for one in reversed(passes.passes):
        if one.index > line.after_pass or one.interleaved or one.phase != phase:
            continue
        over = phase == "eval" or line.step >= one.first_step + one.steps
        return one if over and one.mean_loss and not one.shortened and one.batches > 1 else None
    return None


def _finding(wrong: list[_Shown], right: list[_Shown]) -> Finding:
    one, other = wrong[-1], right[-1]
    name = {"train": "training", "eval": "evaluation"}
    place: Place | None = one.line.place
    return Finding(
        says=f"the {name[one.of.phase]} loss is printed as {one.token}, the sum of "
        f"{one.of.batches} batch means divided by {one.of.samples} samples; the mean is "
        f"{one.of.mean_loss:.4g}. The {name[other.of.phase]} loss beside it, {other.token}, is a "
        "mean: the two can't be compared",
        places=places(place),
        severity="warning",
        confidence=0.8,
        measured={
            "printed": one.value,
            "mean_loss": one.of.mean_loss,
            "batches": one.of.batches,
            "samples": one.of.samples,
        },
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(
            "divide by the number of batches, len(loader), or add loss.item() * images.size(0)"
        ),
    )
