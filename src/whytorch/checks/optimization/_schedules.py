"""What a scheduler did to the rate over a run, read off the rates that the steps really used."""

from __future__ import annotations

import re
from itertools import pairwise

from msgspec import Struct

from whytorch.evidence.facts import OptimizerFacts, Passes, PassFacts, Run, SchedulerFacts, Training
from whytorch.evidence.source import Source

TINY = 1e-3  # of the highest rate: what follows changes nothing
EARLY = 0.5  # of the run. Exponential decay by 0.9 an epoch is that low after 66 of 100
NEVER_ROSE = 0.2  # of the rate it was to reach
DIRECTION = 0.005  # an accuracy that the script computes in another way may differ by this much
ENOUGH_RATES = 20  # steps
_OWN_HEIGHT = ("OneCycleLR", "CyclicLR")  # take their highest rate from elsewhere
FEW_BATCHES = 8  # in an epoch: with fewer, a number of epochs may be a number of batches by chance
FULL_SWING = (0.1, 0.9)  # shares of the highest rate that count as low and high again


class Schedule(Struct, frozen=True):
    """One scheduler with its optimizer and the rates of the steps: (step, rate), in order."""

    facts: SchedulerFacts
    optimizer: OptimizerFacts | None
    rates: tuple[tuple[int, float], ...]
    steps: int  # of all optimizers
    ends: int  # the step at which its optimizer's work is over: another one may go on
    epoch: int  # steps in the longest training pass, as planned
    epochs: int

    @property
    def peak(self) -> float:
        return max((rate for _, rate in self.rates), default=0.0)

    @property
    def squared(self) -> bool:
        """A LambdaLR that starts at the square of its rate, exactly, and never rises above: known
        after a few steps. A warm-up's first factor may be the rate by chance."""
        base, first = self.facts.base_lr or 0.0, self.facts.first_lr or 0.0
        exact = 0 < base < 0.5 and abs(first - base * base) < 1e-6 * first
        return self.facts.kind == "LambdaLR" and exact and self.peak <= first * 1.000001

    @property
    def every_batch(self) -> bool:
        """Stepped about as often as its optimizer."""
        steps = self.optimizer.steps if self.optimizer else 0
        return steps > 0 and self.facts.steps > 0.5 * steps and self.facts.steps > 2 * self.epochs

    @property
    def every_epoch(self) -> bool:
        return 0 < self.facts.steps <= self.epochs + 1 and not self.every_batch


def schedules(training: Training, passes: Passes | None) -> list[Schedule]:
    """Those that steer by themselves, not as a part of another one."""
    train = passes.of("train") if passes else ()
    epoch = max((planned(p) for p in train), default=0)
    return [
        Schedule(
            facts=s,
            optimizer=_optimizer(s, training),
            rates=tuple(
                (t.index, t.lr)
                for t in training.trace
                if t.lr is not None and t.optimizer == s.optimizer and t.index >= s.made_at_step
            ),
            steps=training.steps,
            ends=_ends(s, training),
            epoch=epoch,
            epochs=len(train),
        )
        for s in training.schedulers
        if not s.inside
    ]


def _ends(scheduler: SchedulerFacts, training: Training) -> int:
    last = training.trace[-1].optimizer if training.trace else None
    own = [t.index for t in training.trace if t.optimizer == scheduler.optimizer]
    return training.steps if last == scheduler.optimizer or not own else own[-1] + 1


def _optimizer(scheduler: SchedulerFacts, training: Training) -> OptimizerFacts | None:
    index = scheduler.optimizer
    return training.optimizers[index] if index is not None and index < len(
        training.optimizers
    ) else None  # fmt: skip


def planned(one: PassFacts) -> int:
    """Steps of a training pass, had it not been shortened."""
    if one.shortened and one.planned_batches and one.batches:
        return round(one.steps * one.planned_batches / one.batches)
    return one.steps


def died_at(schedule: Schedule, run: Run) -> int | None:
    """The step from which on the rate is next to nothing, if that is long before the end.

    Of a shortened run the first epoch counts as the end: what dies within half of it dies early,
    however long the rest would have been.
    """
    low = TINY * schedule.peak
    alive = [step for step, rate in schedule.rates if rate > low]
    last = max(alive, default=-1)
    dead = [step for step, _ in schedule.rates if step > last]
    if not alive or not dead or not schedule.facts.steps:
        return None
    start, end = schedule.facts.made_at_step, schedule.ends
    if run.training_shortened:
        end = max(schedule.epoch, end)
    return dead[0] if dead[0] - start <= EARLY * (end - start) else None


def never_rose(schedule: Schedule) -> bool:
    """A warm-up or one-cycle that is still on its way up when the training ends."""
    base, rates = schedule.facts.base_lr, [rate for _, rate in schedule.rates]
    if not base or len(rates) < ENOUGH_RATES or schedule.peak >= NEVER_ROSE * base:
        return False
    if computes_rate(schedule):
        return False
    rising = all(b >= a for a, b in pairwise(rates))
    return rising and (rates[-1] > rates[0] or schedule.facts.kind == "OneCycleLR")


def computes_rate(schedule: Schedule) -> bool:
    """LambdaLR may compute the rate itself, as a factor of an lr that only stands for 1."""
    groups = schedule.optimizer.groups if schedule.optimizer else ()
    height = max(schedule.facts.base_lr or 0.0, *(g.lr or 0.0 for g in groups[:1]), 0.0)
    return schedule.facts.kind == "LambdaLR" and height > 0.1


def found_low(schedule: Schedule) -> float | None:
    """The rate that the optimizer was built with, where the scheduler was made after something had
    lowered it, and it never got up again: a warm-up's first rate, or the end of a cycle before."""
    groups = schedule.optimizer.groups if schedule.optimizer else ()
    built, first = groups[0].lr if groups else None, schedule.facts.first_lr
    if not built or first is None or schedule.facts.kind in _OWN_HEIGHT or computes_rate(schedule):
        return None
    # Later on, somebody may have set a lower rate on purpose for what follows; not one of nothing.
    low = built * (TINY if schedule.facts.made_at_step else NEVER_ROSE)
    here = first < low and schedule.peak < low and len(schedule.rates) >= ENOUGH_RATES
    return built if here else None


def missed(schedule: Schedule) -> list[float]:
    """Milestones that its steps have passed and never met, because they are no whole numbers."""
    return [m for m in schedule.facts.milestones if m < schedule.facts.steps and m != int(m)]


def between_steps(schedule: Schedule) -> float | None:
    """The step size of a StepLR that its count of whole steps is no multiple of: the rate stays."""
    facts, size = schedule.facts, schedule.facts.period
    if facts.kind != "StepLR" or not size or size == int(size) or facts.steps < 2 * max(1, size):
        return None
    return size if len({rate for _, rate in facts.lr_history}) == 1 else None


def counted_in_batches(schedule: Schedule) -> bool:
    """Its period is a number of batches, and it is stepped once an epoch: it never gets there."""
    period, batches = schedule.facts.period, schedule.epoch
    if not period or batches < FEW_BATCHES or not schedule.every_epoch:
        return False
    here = period in (batches, batches * schedule.epochs)
    return here and schedule.facts.steps < EARLY * period


def swings(schedule: Schedule) -> int:
    """How often the rate came back to its height after it had been low."""
    low, high = (share * schedule.peak for share in FULL_SWING)
    times, down = 0, False
    for _, rate in schedule.facts.lr_history:
        if rate <= low:
            down = True
        elif rate >= high and down:
            times, down = times + 1, False
    return times


def wrong_direction(schedule: Schedule, passes: Passes | None) -> tuple[str, int] | None:
    """What ReduceLROnPlateau was given and how often, where it waits for the opposite.

    The numbers are recognized: they are accuracies (or losses) that the passes came to.
    """
    given = [(value, latest) for _, value, latest in schedule.facts.metrics if value is not None]
    if schedule.facts.mode not in ("min", "max") or len(given) < 2 or passes is None:
        return None
    by_index = {p.index: p for p in passes.passes}
    kinds = [_kind(value, latest, by_index) for value, latest in given]
    wrong = "accuracy" if schedule.facts.mode == "min" else "loss"
    right = "loss" if wrong == "accuracy" else "accuracy"
    if kinds.count(wrong) < max(2, 0.6 * len(kinds)) or right in kinds:
        return None
    return wrong, kinds.count(wrong)


def _kind(value: float, latest: int, by_index: dict[int, PassFacts]) -> str | None:
    """Whether a number is the accuracy or the loss of the passes just before; None if unclear."""
    near = [by_index[i] for i in range(latest, latest - 3, -1) if i in by_index]
    scaled = value / 100 if value > 1 else value
    accurate = any(p.accuracy is not None and abs(p.accuracy - scaled) < DIRECTION for p in near)
    lost = any(
        p.mean_loss is not None and abs(p.mean_loss - value) < 0.02 * abs(p.mean_loss) for p in near
    )
    return None if accurate == lost else "accuracy" if accurate else "loss"


def made_anew(training: Training) -> list[SchedulerFacts]:
    """Schedulers made at one line, again and again, for the same optimizer: each starts over."""
    by_place: dict[object, list[SchedulerFacts]] = {}
    for one in training.schedulers:
        if not one.inside and one.place is not None and one.optimizer is not None:
            key = (one.place.path, one.place.line, one.optimizer)
            by_place.setdefault(key, []).append(one)
    longest = max(by_place.values(), key=len, default=[])
    moments = {one.made_at_step for one in longest}
    return longest if len(longest) >= 3 and len(moments) >= 3 else []


def is_stepped_somewhere(scheduler: SchedulerFacts, source: Source) -> bool:
    """Whether the source has a line that steps it, run or not; True where that is not clear."""
    names = source.names_assigned_at(scheduler.place) if scheduler.place else ()
    if len(names) != 1:
        return True
    last = names[0].rpartition(".")[2].partition("[")[0]
    for call in source.calls:
        owner, _, method = call.raw.rpartition(".")
        if method in ("step", "step_update") and (
            last in re.findall(r"\w+", owner) or re.search(r"(?i)sched|lr_|warm|plateau", owner)
        ):
            return True
    return False
