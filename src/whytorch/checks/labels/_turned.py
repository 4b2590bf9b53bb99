"""Losses of pairs that pull together what is different, and hold apart what is alike: 0 and 1 taken
for each other, or a triplet's positive and negative."""

from __future__ import annotations

import math

from whytorch.checks._helpers import places
from whytorch.checks.training_loop._loop import loss_made
from whytorch.evidence.facts import LossCalls, Training
from whytorch.evidence.facts.training import Pairs, Pulls
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 100  # pairs of each kind
# Of pairs whose classes are known. A loss that means them pulls none or next to none that differ
# (a tenth of the labels may be wrong), and never holds only those of one class apart.
FEW, NEARLY_ALL = 0.1, 0.9
# Where no class is known, images that belong together are the more alike: by how many standard
# errors they are less so, and how far the outputs are still as far apart as the others.
SURELY = 6.0
NOT_LEARNED = 0.8


def of_pairs(training: Training | None, losses: LossCalls, source: Source | None) -> Finding | None:
    pulls = training.pulls if training is not None else None
    if training is None or pulls is None:
        return None
    if min(pulls.pulled.pairs, pulls.held_apart.pairs) < ENOUGH:
        return None
    says = _by_class(pulls) or _by_images(pulls)
    if says is None:
        return None
    made = loss_made(training, source)
    return Finding(
        title="Pairs of a loss taken for each other",
        says=says,
        places=places(made[0] if made else None, _written(losses), training.backward_place),
        severity="error",
        confidence=0.95 if pulls.pulled.known else 0.8,
        measured={
            "pulled_together": pulls.pulled.pairs,
            "held_apart": pulls.held_apart.pairs,
            "same_class_pulled": pulls.pulled.same,
            "same_class_held_apart": pulls.held_apart.same,
        },
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted"),
        fix=Fix(
            "turn it round: write 1 - label where the loss reads the label of a pair, or give the "
            "loss of a triplet the anchor, the positive and the negative in this order"
        ),
    )


def _by_class(pulls: Pulls) -> str | None:
    pulled, apart = pulls.pulled, pulls.held_apart
    if min(pulled.known, apart.known) < ENOUGH:
        return None
    if pulled.same > FEW * pulled.known or apart.same < NEARLY_ALL * apart.known:
        return None
    return (
        f"of the pairs that the loss pulls together {pulled.same / pulled.known:.0%} are of one "
        f"class, and of those that it holds apart {apart.same / apart.known:.0%}: it asks for the "
        "opposite of what it should"
    )


def _by_images(pulls: Pulls) -> str | None:
    """Pairs as a data set gives them; those that a script picks out of a batch may be the hard ones
    on purpose, alike though they differ."""
    pulled, apart = pulls.pulled, pulls.held_apart
    if pulled.known or apart.known or pulls.again > FEW * (pulled.pairs + apart.pairs):
        return None
    (one, its), (other, others) = _mean(pulled), _mean(apart)
    if one - other < SURELY * math.hypot(its, others):
        return None
    if (pulled.apart or 0.0) < NOT_LEARNED * (apart.apart or 0.0):
        return None
    return (
        f"the images that the loss pulls together differ more from each other ({one:.3g}, root "
        f"mean squared, in {pulled.pairs} pairs) than those that it holds apart ({other:.3g}): it "
        "takes pairs that belong together for pairs that do not"
    )


def _mean(pairs: Pairs) -> tuple[float, float]:
    """How much the images of a pair differ, and the standard error of that."""
    mean = pairs.far / pairs.pairs
    return mean, math.sqrt(max(0.0, pairs.far_squared / pairs.pairs - mean**2) / pairs.pairs)


def _written(losses: LossCalls) -> Place | None:
    return next((s.place for s in losses.training() if s.place is not None), None)
