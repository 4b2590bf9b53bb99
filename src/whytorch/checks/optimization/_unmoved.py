"""A whole training of so few and so small updates that the weights are where they began.

Where each update is tiny as well, the few of them are no cause that the size of an update could
tell from a low rate. But a rate that others train with, in a handful of steps of thousands of
samples, lacks the steps.
"""

from __future__ import annotations

import math

from whytorch.checks._learning import Learning
from whytorch.checks.optimization._progress import (
    FAR_ENOUGH,
    USUAL_NORMALIZING,
    USUAL_PLAIN,
    Progress,
    short,
)
from whytorch.evidence.facts import Network

LEARNED = 0.22  # skill; no training whose weights went less than FAR_ENOUGH got beyond
FAR = 0.17  # of the weights' size: what goes so far learns
# Effective rates, lr / (1 - momentum), below which the rate is no usual one.
LEAST_PLAIN, LEAST_NORMALIZING = 5e-3, 1e-4


def stays(made: Progress, outcome: Learning, network: Network | None) -> bool:
    """Whether the weights stayed where they were, at a rate that is nobody's mistake."""
    if network is not None and network.loaded:
        return False
    if made.travel is None or made.travel >= FAR_ENOUGH or outcome.broke_at is not None:
        return False
    least = LEAST_NORMALIZING if made.normalizes else LEAST_PLAIN
    if (made.effective_lr or 0.0) < least:
        return False
    return outcome.skill is not None and outcome.skill < LEARNED


def faster(made: Progress, usual: int) -> str | None:
    """The rate that takes batches of the usual size far enough in the same epochs, as an addition
    to them; None where theirs does, or where no usual one would."""
    lr, each = made.lr, made.settled_update
    if not lr or not each or made.batch is None:
        return None
    times = FAR / (made.steps * made.batch / usual * each)
    if times <= 1:
        return None
    most = (USUAL_NORMALIZING / 10 if made.normalizes else USUAL_PLAIN) / (made.effective_lr or lr)
    return short(lr * min(10 ** math.ceil(math.log10(times)), most)) if most >= 2 else None
