"""How far evaluation lags behind training, and whether it grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from msgspec import Struct

from whytorch.checks._helpers import ENOUGH_SAMPLES
from whytorch.checks.evaluation._held_out import evaluations, on_held_out
from whytorch.evidence.facts import Passes, PassFacts

WIDE = 0.15  # of accuracy: sound small demonstrations stay a few points apart
# Of the samples. Where more came again, one answer is made of several calls (the time steps of a
# spiking network), and the first ones are worse than the answer.
AGAIN = 0.5
LATE = 0.7  # of the optimizer steps: an evaluation near the end
SURE = 3.0  # standard errors of the difference
LATEST = 3  # evaluations


class Gap(Struct, frozen=True):
    """The last training pass and the last evaluation of held-out samples. Of several sets of them
    the one that is answered best: what was learned by heart is of use for none."""

    trained: PassFacts
    evaluated: PassFacts
    first: float | None  # difference of accuracies at the first evaluation
    loss_rise: float | None  # last evaluation loss, in multiples of the lowest before it
    lately: float | None = None  # difference of accuracies in the latest evaluations

    @property
    def size(self) -> float:
        return (self.trained.accuracy or 0.0) - (self.evaluated.accuracy or 0.0)

    @property
    def wide(self) -> bool:
        """Beyond what chance does to so few evaluated samples, and not in the last one alone: what
        was learned by heart is not known better one epoch before."""
        size = self.size if self.lately is None else min(self.size, self.lately)
        b = self.evaluated.accuracy or 0.0
        error = math.sqrt(max(b * (1 - b), 0.01) / (self.evaluated.counted or 1))
        return size >= max(WIDE, SURE * error)

    @property
    def grew(self) -> bool:
        """Wider than at the first evaluation, or the evaluation loss is on the rise."""
        wider = self.first is not None and self.size > self.first + 0.05
        return wider or (self.loss_rise or 0.0) > 1.1


def gap(passes: Passes, trained_on: int = ENOUGH_SAMPLES) -> Gap | None:
    """None where one of the two was not measured, on at least so many training samples."""
    trained = [p for p in passes.of("train") if (p.counted or 0) >= trained_on]
    evaluated = [
        p
        for p in evaluations(passes.passes)
        if on_held_out(p)
        and (p.counted or 0) >= ENOUGH_SAMPLES
        and p.train_mode is not True
        and (p.repeated_share or 0.0) <= AGAIN
    ]
    if not trained or not evaluated:
        return None
    last = _best_set(evaluated, trained)
    alike = [p for p in evaluated if (p.data_source, p.samples) == (last.data_source, last.samples)]
    before = [p for p in trained if p.index < alike[0].index]
    first = None
    if before and len(alike) > 1:
        first = (before[-1].accuracy or 0.0) - (alike[0].accuracy or 0.0)
    losses = [p.mean_loss for p in alike if p.mean_loss is not None]
    rise = losses[-1] / min(losses) if len(losses) > 2 and min(losses) > 0 else None
    return Gap(trained[-1], last, first, rise, lately(trained, alike))


def lately(trained: Sequence[PassFacts], alike: Sequence[PassFacts]) -> float | None:
    """How far the latest evaluations of one set lay behind the training before each: the median of
    three, and no more than the last two did. None where there are too few to tell a steady distance
    from a jump."""
    sizes = []
    for one in alike[-LATEST:]:
        before = [p for p in trained if p.index < one.index]
        sizes += [(before[-1].accuracy or 0.0) - (one.accuracy or 0.0)] if before else []
    return min(median(sizes), *sizes[-2:]) if len(sizes) == LATEST else None


def _best_set(evaluated: list[PassFacts], trained: Sequence[PassFacts]) -> PassFacts:
    """The last evaluation, or that of another set near the end, or of the same images in another
    form after the training: where one unseen set is answered well, it is the other that is unlike
    the training."""
    ends = {(p.data_source, p.dataset_length or p.samples): p for p in evaluated}
    late = [p for p in ends.values() if p.first_step >= LATE * evaluated[-1].first_step]
    late += [p for p in evaluated if p.index > trained[-1].index]
    return max(late, key=lambda p: p.accuracy or 0.0)
