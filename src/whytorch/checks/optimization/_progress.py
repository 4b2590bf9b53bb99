"""How far a training came, and how fast it was going: what the checks on rates and lengths share.

The distance that weights go in a run tells a rate that is too low from a run that is too short.
Measured on small MLPs and CNNs, with and without BatchNorm, SGD and Adam, rates from 1e-6 to 0.1:
of those whose weights went less than 3 % of their size in all, none got beyond a skill of 0.22;
of those that went 17 % and more, none of usual depth stayed below 0.5.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean, median, median_high, stdev

from msgspec import Struct

from whytorch.checks._places import same
from whytorch.evidence.facts import GroupFacts, OptimizerFacts, StepFacts, Training
from whytorch.evidence.source import Source
from whytorch.records import Place

USUAL_PLAIN = 0.1
USUAL_NORMALIZING = 0.01
FAR_ENOUGH = 0.03  # of the weights' size, in the whole run
NORMALIZING = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Rprop", "Lion",
               "Adafactor")  # fmt: skip


class Progress(Struct, frozen=True):
    """What one optimizer did to the weights over the run."""

    optimizer: OptimizerFacts
    steps: int
    losses: tuple[tuple[int, float], ...]  # (step, loss of its batch); later ones are thinned
    first_update: float | None  # |change| / |weights| of the first step
    usual_update: float | None  # the median
    travel: float | None  # the sum of all updates
    batch: int | None  # samples behind one step, in the middle
    highest_lr: float | None  # that a step used

    @property
    def _group(self) -> GroupFacts:
        """Of the groups with weights of the network the one with the highest rate."""
        held = [g for g in self.optimizer.groups if g.trained_parameters]
        return max(held or self.optimizer.groups, key=lambda g: g.lr or 0.0)

    @property
    def lr(self) -> float | None:
        """As it was built, unless the steps used a lower one throughout."""
        built = self._group.lr
        if built is None or self.highest_lr is None or len(self.optimizer.groups) > 1:
            return built
        return min(built, self.highest_lr)

    @property
    def momentum(self) -> float:
        return self._group.momentum or 0.0

    @property
    def betas(self) -> tuple[float, ...]:
        return self._group.betas

    @property
    def effective_lr(self) -> float | None:
        """What a constant gradient moves in the long run: momentum adds up the steps before."""
        lr, momentum = self.lr, self.momentum
        damped = self._group.dampening or 0.0
        if lr is None or not 0 <= momentum < 1:
            return lr
        return lr * (1 - damped if momentum else 1.0) / (1 - momentum)

    @property
    def settled_update(self) -> float | None:
        """The usual update, once momentum has added up the steps before as it does in the long run:
        after a few steps it has not (dampening aside, k of them sum up to 1 - momentum ** k)."""
        momentum = self.momentum
        if self.usual_update is None or self.normalizes or not 0 < momentum < 1:
            return self.usual_update
        return self.usual_update / (1 - momentum ** ((self.steps + 1) / 2))

    @property
    def at_usual_rate(self) -> bool:
        """Whether the rate is one that suits batches of dozens; a higher one is to blame itself."""
        usual = USUAL_NORMALIZING if self.normalizes else USUAL_PLAIN
        return (
            self.lr is not None and self.lr <= usual and (self.effective_lr or 0.0) < 10.01 * usual
        )

    @property
    def normalizes(self) -> bool:
        """Whether the size of its steps does not depend on that of the gradient."""
        return self.optimizer.kind in NORMALIZING

    def window(self, start: float, end: float) -> list[float]:
        """The losses between two parts of the run: 0 is its start, 1 its end."""
        last = self.losses[-1][0] if self.losses else 0
        return [x for i, x in self.losses if start * last <= i <= end * last]

    def level(self, start: float, end: float) -> float | None:
        """The median of the losses in a window, of the nearest few where there are too few."""
        inside = self.window(start, end)
        if len(inside) < 3:
            every = [x for _, x in self.losses]
            inside = every[:3] if start <= 0 else every[-3:]
        return median(inside) if inside else None

    @property
    def fell(self) -> float | None:
        """The share of its first loss that is gone at the end."""
        first, last = self.level(0, 0.05), self.level(0.9, 1)
        return (first - last) / first if first and last is not None and first > 0 else None

    @property
    def falls(self) -> bool:
        """Whether the loss of the last third lies below that of the third before, beyond noise."""
        before, last = self.window(0.4, 0.7), self.window(0.7, 1)
        if min(len(before), len(last)) < 4:
            return False
        noise = (stdev(before) ** 2 / len(before) + stdev(last) ** 2 / len(last)) ** 0.5
        return fmean(before) - fmean(last) > 3 * noise


def main_optimizer(training: Training) -> OptimizerFacts | None:
    """The one that steps most with parameters of the trained network."""
    return max(training.optimizers, key=trained_steps, default=None)


def trained_steps(optimizer: OptimizerFacts) -> int:
    """Its steps, times the parameter groups in which it holds the trained network."""
    return optimizer.steps * sum(g.trained_parameters > 0 for g in optimizer.groups)


def progress(training: Training) -> Progress | None:
    """None where no optimizer steps the trained network, or nothing of it was measured."""
    optimizer = main_optimizer(training)
    if optimizer is None or not trained_steps(optimizer) or not optimizer.groups:
        return None
    index = training.optimizers.index(optimizer)
    trace = [s for s in training.trace if s.optimizer in (None, index)]
    looked = [s for s in trace if s.update_ratio is not None]
    updates = [s.update_ratio for s in looked if s.update_ratio is not None]
    return Progress(
        optimizer=optimizer,
        steps=optimizer.steps,
        losses=tuple((s.index, s.loss) for s in trace if s.loss is not None),
        first_update=updates[0] if updates else None,
        usual_update=median(updates) if updates else None,
        travel=_travel(looked, training.steps) if updates else None,
        batch=_batch(trace, training),
        highest_lr=max((s.lr for s in trace if s.lr), default=None),
    )


def _batch(trace: list[StepFacts], training: Training) -> int | None:
    sizes = [s.batch for s in trace if s.batch]
    accumulated = max(1.0, training.backwards_per_step or 1.0)
    return round(median_high(sizes) * accumulated) if sizes else None


def _travel(looked: list[StepFacts], steps: int) -> float:
    """All updates together; those between two looks are taken to be like the first of them."""
    ends = [*(s.index for s in looked), max(steps, looked[-1].index + 1)]
    return sum(
        (s.update_ratio or 0.0) * (b - a) for s, (a, b) in zip(looked, pairwise(ends), strict=True)
    )


def argument_place(optimizer: OptimizerFacts, name: str, source: Source | None) -> Place | None:
    """Where the value of an optimizer's argument is written, if not on the optimizer's line."""
    if source is None or optimizer.place is None:
        return None
    found = source.definition(optimizer.place, name)
    return None if same(found, optimizer.place) else found


def short(value: float | None) -> str:
    """As a person writes it: 0.001, 1e-05."""
    return "?" if value is None else f"{value:.3g}"
