"""Images went into the network as their loader gave them, with their labels; what the loss asks for
has nothing to do with these labels. It was looked up for other images: by the number of the
batch, say, in an order that the loader has shuffled since."""

from __future__ import annotations

import math

from whytorch.checks._helpers import ENOUGH_SAMPLES, places
from whytorch.checks._learning import FAILED, WELL, skill
from whytorch.checks.labels._pairing import labels_made
from whytorch.evidence.facts import LossCalls, LossSite, OwnLabels, Passes, Run
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

ENOUGH = 300  # samples
PER_CELL = 3  # of each pair of classes, on average: what chi-square needs
CLASSES = 4  # of two or three, another task may have as many
CHANCE = 2.5  # standard errors
# Another task has other classes, or tells something of the labels all the same (the same classes
# under other numbers tell everything).
SAME = 0.9


def decide(
    losses: LossCalls | None, passes: Passes | None, run: Run, source: Source | None
) -> Finding | None:
    sites = losses.training() if losses else ()
    lost = [s for s in sites if s.own_labels is not None and _by_chance(s.own_labels)]
    if not lost:
        return None
    one = max(lost, key=lambda s: s.own_labels.compared if s.own_labels else 0)
    reached = _reached(passes, run)
    if reached is not None and reached >= WELL:
        return None
    return _finding(one, reached, source)


def _by_chance(seen: OwnLabels) -> bool:
    several = min(seen.classes, seen.asked_classes) >= CLASSES and seen.compared >= ENOUGH
    alike = seen.same_classes >= SAME * max(seen.classes, seen.asked_classes)
    if not (several and alike):
        return False
    freedom = (seen.classes - 1) * (seen.asked_classes - 1)
    most = 1 + CHANCE * math.sqrt(2 / freedom)
    filled = seen.compared >= PER_CELL * seen.classes**2
    return filled and seen.dependence is not None and seen.dependence <= most


def _reached(passes: Passes | None, run: Run) -> float | None:
    """Skill at the last evaluation, of whichever network: a teacher was evaluated before."""
    every = (*passes.of("eval"), *(p for p in passes.others if p.phase == "eval")) if passes else ()
    known = [p for p in every if (p.counted or 0) >= ENOUGH_SAMPLES]
    last = max(known, key=lambda p: p.index, default=None)
    return skill(last, run.classes) if last is not None else None


def _finding(site: LossSite, reached: float | None, source: Source | None) -> Finding:
    seen = site.own_labels
    assert seen is not None
    soft = site.target_shape == site.input_shape
    what = "the highest of the scores that the loss asks for is" if soft else "the loss asks for"
    return Finding(
        says=f"{what} the label that came with the image for {seen.agreeing} of {seen.compared} "
        f"samples looked at, and chance alone has it for {seen.expected:.0f}: {site.function} is "
        "given what belongs to other images",
        places=places(labels_made(source, site), site.place),
        severity="error" if reached is not None and reached < FAILED else "warning",
        confidence=0.92,
        measured={
            "samples": seen.compared,
            "agreeing": seen.agreeing,
            "expected_by_chance": round(seen.expected, 1),
            "skill_at_the_end": reached,
        },
        explains=("loss-at-chance", "loss-not-decreasing", "underfitting", "overfitting",
                  "evaluation-far-below-training", "same-class-predicted"),
        fix=Fix("what is kept for each image has to be found by the image's own number: let the "
                "data set return it, or draw both in one fixed order (shuffle=False)"),
    )  # fmt: skip
