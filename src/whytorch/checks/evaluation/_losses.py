"""Printed losses of training and evaluation of which one is no mean over its own batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._computed import last_division
from whytorch.checks.evaluation._figures import labelled
from whytorch.evidence.facts import LossCalls, Passes, PassFacts, PrintedLine
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_LOSS = re.compile(r"loss", re.IGNORECASE)
_TRAINING = re.compile(r"train", re.IGNORECASE)
_HELD_OUT = re.compile(r"test|val|eval|dev|held", re.IGNORECASE)
_PHASES = (_TRAINING, _HELD_OUT)
_BEHIND = re.compile(r"\s*[(\[]\s*([a-z]+)", re.IGNORECASE)
NEAR = 0.06  # a mean over samples and one over batches differ by the last batch, no more
CLOSE = 0.01  # of what a wrong divisor gives, beside the rounding of the last digit
FACTOR = 2  # off from the mean by less, a loss is not far enough to be surely another figure
ENOUGH_DIGITS = 4  # in all lines of one place
ENOUGH_LINES = 2  # with different figures, where one of several formulas may fit one by chance


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

    def is_by(self, wrong: float) -> bool:
        """Whether it shows this figure, which is far from the mean."""
        mean = self.of.mean_loss or 0.0
        far = wrong * FACTOR <= mean or mean * FACTOR <= wrong
        return far and self.shows(wrong)

    def shows(self, wrong: float) -> bool:
        return abs(self.value - wrong) <= CLOSE * wrong + 0.51 * self.unit

    def is_by_whole(self) -> bool:
        """Divided by the length of a data set of which its loader gives a part."""
        length = self.of.dataset_length or 0
        share = self.of.samples / length if length else 1.0
        return share < 1 - NEAR and self.shows((self.of.mean_loss or 0.0) * share)


class _Slip(Struct, frozen=True):
    """A wrong way to a mean loss: what it gives for a pass beside the one of the other phase."""

    gives: Callable[[PassFacts, PassFacts], float]
    written: str


SLIPS = (
    _Slip(lambda one, other: (one.mean_loss or 0.0) * one.batches / max(1, one.samples),
          "the sum of {one.batches} batch means divided by {one.samples} samples"),
    _Slip(lambda one, other: (one.last_loss or 0.0) / max(1, one.batches),
          "the loss of the last batch alone, {one.last_loss:.4g}, divided by {one.batches} batches:"
          " the sum is set back to 0 at each of them"),
    _Slip(lambda one, other: (one.last_loss or 0.0) / max(1, one.samples),
          "the loss of the last batch alone, {one.last_loss:.4g}, divided by {one.samples} "
          "samples"),
    _Slip(lambda one, other: 2 * (one.last_loss or 0.0) / max(1, one.batches),
          "twice the loss of the last batch, {one.last_loss:.4g}, divided by {one.batches} batches:"
          " each batch's loss takes the place of the sum, and is added to itself"),
    _Slip(lambda one, other: 2 * (one.last_loss or 0.0) / max(1, one.samples),
          "twice the loss of the last batch, {one.last_loss:.4g}, divided by {one.samples} samples:"
          " each batch's loss takes the place of the sum, and is added to itself"),
    _Slip(lambda one, other: (one.mean_loss or 0.0) * one.batches / max(1, other.batches),
          "the sum of {one.batches} batch means divided by {other.batches}, the number of batches "
          "of the other loader"),
    _Slip(lambda one, other: (one.mean_loss or 0.0) * one.samples / max(1, other.samples),
          "the sum over {one.samples} samples divided by {other.samples}, the number of the other "
          "data"),
    _Slip(lambda one, other: (one.mean_loss or 0.0) * one.samples / (one.dataset_length or 1e12),
          "the sum over {one.samples} samples divided by {one.dataset_length}, the length of the "
          "whole data set of which the loader gives a part"),
)  # fmt: skip


def decide(passes: Passes, losses: LossCalls | None, source: Source | None = None) -> list[Finding]:
    """A warning where of two losses that are printed to be compared one is a mean, and the other
    one was divided by something else, or holds the last batch only; or where both were divided by
    the length of the data set that they share."""
    if losses is None or any(s.options.get("reduction", "mean") != "mean" for s in losses.sites):
        return []
    series: dict[tuple[str, int, int], list[_Shown]] = {}
    for line in passes.printed:
        for slot, shown in _losses_in(line, passes):
            assert line.place is not None
            series.setdefault((line.place.path, line.place.line, slot), []).append(shown)
    right = [s for s in series.values() if all(one.is_mean() for one in s)]
    right += [
        s for s in series.values() if len(s) >= ENOUGH_LINES and all(x.is_by_whole() for x in s)
    ]
    for one in series.values():
        for other in (s for s in right if s[0].of.phase != one[0].of.phase):
            slip = _slip(one, other)
            shared = all(x.is_by_whole() for x in other)
            if slip is not None and (not shared or slip is SLIPS[-1]):
                return [_finding(one, other, slip, shared, source)]
    return []


def _slip(series: list[_Shown], other: list[_Shown]) -> _Slip | None:
    """What gives every one of these figures."""
    tokens = [s.token.lstrip("+-0.").replace(".", "") for s in series]
    if sum(map(len, tokens)) < ENOUGH_DIGITS or any(s.is_mean() for s in series):
        return None
    beside = other[-1].of
    for slip in SLIPS:
        if slip is not SLIPS[0] and len(set(tokens)) < ENOUGH_LINES:
            break
        if all(s.is_by(slip.gives(s.of, beside)) for s in series):
            return slip
    return None


def _losses_in(line: PrintedLine, passes: Passes) -> list[tuple[int, _Shown]]:
    """The numbers of a line that are called a loss of training or of evaluation."""
    found: list[tuple[int, _Shown]] = []
    if line.place is None or not _LOSS.search(line.text):
        return []
    for slot, match, label in labelled(line.text):
        words = label[-24:]
        behind = _BEHIND.match(line.text[match.end() :])  # "Loss: 0.31(train)"
        told = behind[1] if behind and any(r.search(behind[1]) for r in _PHASES) else words
        training, held_out = (r.search(told) for r in _PHASES)
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


def _finding(
    wrong: list[_Shown], right: list[_Shown], slip: _Slip, shared: bool, source: Source | None
) -> Finding:
    one, other = wrong[-1], right[-1]
    name = {"train": "training", "eval": "evaluation"}
    beside = "a mean: the two can't be compared"
    if shared:
        beside = (
            f"divided by that length as well, though its loader gives {other.of.samples}: neither "
            "is a mean, and the two can't be compared"
        )
    return Finding(
        says=f"the {name[one.of.phase]} loss is printed as {one.token}, "
        f"{slip.written.format(one=one.of, other=other.of)}; the mean is "
        f"{one.of.mean_loss:.4g}. The {name[other.of.phase]} loss beside it, {other.token}, is "
        f"{beside}",
        places=places(_divided_at(one, source), one.line.place),
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
            "divide by the number of samples that the loader gives, len(loader.sampler)"
            if slip is SLIPS[-1]
            else "set the sum to 0 before the loop over the batches, and divide it by the number "
            "of the same batches, len(loader); or add loss.item() * images.size(0), and divide by "
            "samples"
        ),
    )


def _divided_at(shown: _Shown, source: Source | None) -> Place | None:
    """Where a name of the printing line got its value by a division, or the last division of the
    function that went over the data."""
    where, called = shown.line.place, shown.of.place
    if source is None or where is None or called is None:
        return where
    printed = next(
        (c for c in source.calls if (c.place.path, c.place.line) == (where.path, where.line)), None
    )
    texts = [v.text for v in (*printed.args, *printed.keywords.values())] if printed else []
    names = set(re.findall(r"[A-Za-z_]\w*", " ".join(texts)))
    made = [
        a
        for a in source.assignments
        if names & set(a.targets) and a.place.path == where.path and a.place.line <= where.line
        if _of_phase(a.targets, shown) and "/" in (source.line(a.place.path, a.place.line) or "")
    ]
    return made[-1].place if made else last_division(called, where, source) or where


def _of_phase(targets: Sequence[str], shown: _Shown) -> bool:
    """A name that speaks of the other phase is not this figure's."""
    other = _HELD_OUT if shown.of.phase == "train" else _TRAINING
    return not any(other.search(t) for t in targets)
