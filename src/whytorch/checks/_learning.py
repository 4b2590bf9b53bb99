"""How well a run learned, against guessing: what several checks weigh a mistake by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from msgspec import Struct

from whytorch.checks._helpers import ENOUGH_SAMPLES
from whytorch.evidence.facts import LossCalls, Passes, PassFacts, Run, Training
from whytorch.records import Severity

# Skill is 0 for guessing the most frequent class and 1 for no error. Above WELL nothing is wrong
# that matters; below FAILED the network has learned little, whatever the data (a sound small CNN
# passes 0.5 on MNIST and digits within an epoch; on harder sets only a few epochs later, so that
# FAILED alone proves nothing).
WELL = 0.8
FAILED = 0.5
# From the middle third of the losses to the last: what stays at guessing moves by the noise of
# medians alone.
FALLS = 0.1
FEW_LOSSES = 5
BEGUN = 40  # steps, as many as are asked for before a rate is called too low
DECIDES = 0.5  # of what naming the commoner answer gets wrong
# Of runs that a rate or too small batches ruined, none stayed below 1.5 times the first loss.
PEAK = 1.4


class Learning(Struct, frozen=True):
    """Losses are those of single batches, as trained on; None where they were not seen."""

    steps: int
    train_skill: float | None
    eval_skill: float | None
    train_accuracy: float | None
    eval_accuracy: float | None
    chance_loss: float | None  # of guessing, where the loss is known to be a cross-entropy
    first_loss: float | None
    last_loss: float | None  # median of the last tenth
    highest_loss: float | None
    broke_at: int | None  # the first step whose loss is no number
    largest_update: float | None  # |change of weights| / |weights|, before the loss broke
    guess_loss: float | None = None  # of always giving the same answer, where it was measured
    decides: bool = False  # most answers of yes and no are right, however loud the network says so
    falling: bool = False  # the loss still comes down: it passes the level of guessing, if at all
    whole: bool = False  # the training ran as it is written, to its end

    @property
    def skill(self) -> float | None:
        """The better of training and evaluation: could the network learn the task at all?"""
        known = [s for s in (self.train_skill, self.eval_skill) if s is not None]
        return max(known) if known else None

    @property
    def works(self) -> bool:
        return self.skill is not None and self.skill >= WELL and self.broke_at is None

    @property
    def failed(self) -> bool:
        """Little learned, or the loss broke. False where nothing was measured."""
        return self.broke_at is not None or (self.skill is not None and self.skill < FAILED)

    @property
    def learned_a_part(self) -> bool:
        """A whole training that left much to learn of what it showed."""
        return self.whole and self.skill is not None and not self.works

    @property
    def at_guessing(self) -> bool:
        """A training that was cut short before it had learned anything, after steps in which most
        have begun to."""
        return not self.whole and self.failed and self.stuck and self.steps >= BEGUN

    @property
    def stuck(self) -> bool:
        """The loss ended where guessing is, or broke."""
        if self.broke_at is not None:
            return True
        if self.falling or self.decides:
            return False
        level = self.guess_loss or self.chance_loss or self.first_loss
        return level is not None and self.last_loss is not None and self.last_loss > 0.95 * level

    @property
    def level(self) -> float:
        """The loss at the start, or that of guessing if it is higher."""
        return max(self.first_loss or 0.0, self.chance_loss or 0.0)

    @property
    def thrown_off(self) -> bool:
        """The loss broke, or went far above its level."""
        peak = self.highest_loss or 0.0
        return self.broke_at is not None or (0 < PEAK * self.level <= peak)

    def severity(self) -> Severity:
        """Of a mistake that hinders learning: what it can have cost in this run."""
        if self.works:
            return "advice"
        return "error" if self.failed else "warning"

    def reached(self) -> str:
        """What it came to, in words, with a leading comma; empty if unknown."""
        if self.broke_at is not None:
            return f"; from step {self.broke_at + 1} on the loss is no number"
        known = {"evaluation": self.eval_accuracy, "training": self.train_accuracy}
        for name, value in known.items():
            if value is not None:
                return f"; {name} accuracy came to {value:.0%}"
        return ""


def learning(
    run: Run, losses: LossCalls | None, training: Training | None, passes: Passes | None
) -> Learning:
    """What the run came to."""
    trace = training.course if training else ()
    values = [s.loss for s in trace if s.loss is not None]
    broke = next((s.index for s in trace if not s.loss_finite), None)
    before = [s for s in trace if broke is None or s.index <= broke]
    updates = [s.update_ratio for s in before if s.update_ratio is not None]
    trained, evaluated = (_last(passes, phase) for phase in ("train", "eval"))
    tail = values[-max(5, len(values) // 10) :]
    return Learning(
        steps=training.updates if training else 0,
        train_skill=skill(trained, run.classes),
        eval_skill=skill(evaluated, run.classes),
        train_accuracy=trained.accuracy if trained else None,
        eval_accuracy=evaluated.accuracy if evaluated else None,
        chance_loss=chance_loss(run, losses),
        first_loss=values[0] if values else None,
        last_loss=median(tail) if tail else None,
        highest_loss=max(values, default=None),
        broke_at=broke,
        largest_update=max(updates, default=None),
        guess_loss=guess_loss(losses, values[0] if values else None),
        decides=decides(losses),
        falling=still_falls(values, chance_loss(run, losses)),
        whole=run.exit in ("finished", "exited") and not run.training_shortened,
    )


def learned(evidence: Mapping[type, Any]) -> Learning:
    """The same, from evidence that holds a Run."""
    return learning(evidence[Run], *(evidence.get(k) for k in (LossCalls, Training, Passes)))


def still_falls(values: list[float], uniform: float | None) -> bool:
    """Whether the last third of the losses lies well below the third before it, and that below the
    loss of `uniform` guessing: where one class is rare, that of always naming the others is lower,
    and a sound run passes it on its way."""
    third = len(values) // 3
    if third < FEW_LOSSES or uniform is None:
        return False
    before, after = median(values[third : 2 * third]), median(values[-third:])
    return before < uniform and after < (1 - FALLS) * before


def skill(one: PassFacts | None, classes: int | None) -> float | None:
    """(accuracy - guessing) / (1 - guessing), where guessing names the most frequent class."""
    if one is None or one.accuracy is None:
        return None
    guessing = 1 / classes if classes and classes > 1 else 0.5
    if one.confusion:
        counts = [sum(row) for row in one.confusion]
        guessing = max(guessing, max(counts) / sum(counts))
    return (one.accuracy - guessing) / (1 - guessing) if guessing < 1 else None


def _last(passes: Passes | None, phase: str) -> PassFacts | None:
    found: Iterable[PassFacts] = passes.of(phase) if passes else ()  # type: ignore[arg-type]
    counted = [p for p in found if (p.counted or 0) >= ENOUGH_SAMPLES and not p.interleaved]
    return counted[-1] if counted else None


def decides(losses: LossCalls | None) -> bool:
    """Whether the yes and no of a loss are right far more often than the commoner of both would be.
    Their loss may still be that of guessing, where the network says so in a low voice."""
    for site in losses.training() if losses else ():
        right, common = site.answered or (0.0, 1.0)
        if common < 1 and right - common > DECIDES * (1 - common):
            return True
    return False


def guess_loss(losses: LossCalls | None, first: float | None) -> float | None:
    """The loss of always giving the same answer, where one loss is all that is trained on."""
    sites = losses.training() if losses else ()
    if len(sites) != 1 or first is None or sites[0].first_value is None:
        return None
    whole = abs(sites[0].first_value - first) <= 0.01 * abs(first)
    return sites[0].guess_loss if whole else None


def chance_loss(run: Run, losses: LossCalls | None) -> float | None:
    """The loss of guessing, where training uses a cross-entropy on hard labels."""
    for site in losses.training() if losses else ():
        if site.function in ("cross_entropy", "nll_loss") and site.input_shape:
            classes = site.input_shape[1] if len(site.input_shape) > 1 else run.classes
            level = math.log(classes) if classes and classes > 1 else None
        elif site.function.startswith("binary_cross_entropy"):
            level = math.log(2)
        else:
            continue
        if level is not None and site.options.get("reduction") == "sum" and site.input_shape:
            level *= site.input_shape[0]
        return level
    return None


def has_no_level(losses: LossCalls | None, training: Training) -> bool:
    """The loss is a formula of the script's, compares with nothing known, and goes below 0: a
    difference of energies, a critic's score. How high it goes says nothing, nor is lower better."""
    sites = losses.training() if losses else ()
    own = bool(sites) and all(s.function == "hand-written" and s.by_hand is None for s in sites)
    return own and any(s.loss is not None and s.loss < 0 for s in training.trace)
