"""A rate that the script itself lowers, without a scheduler, to next to nothing far too early."""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.checks.optimization._progress import short
from whytorch.checks.optimization._schedules import EARLY, ENOUGH_RATES, TINY
from whytorch.evidence.facts import Run, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

STANDS = 1e-3  # of the weights: less than that is all that the rest of the run moves them by
_SET = re.compile(r"""\[["']lr["']\]$""")  # what the script writes to set a rate by hand


def lowered(
    training: Training, run: Run, outcome: Learning, source: Source | None
) -> list[Finding]:
    """Of the whole run alone: what a shortened one would have come to, nobody knows."""
    if run.training_shortened:
        return []
    steered = {s.optimizer for s in training.schedulers}
    alone = [i for i, o in enumerate(training.optimizers) if len(o.groups) == 1]
    found = (_judge(i, training, outcome, source) for i in alone if i not in steered)
    return [f for f in found if f is not None]


def _judge(
    index: int, training: Training, outcome: Learning, source: Source | None
) -> Finding | None:
    rates = [(t.index, t.lr) for t in training.trace if t.optimizer == index and t.lr is not None]
    # A rate that rises before it falls is a sweep or a warm-up, one of 0 a network at rest.
    falling = all(b <= a for (_, a), (_, b) in pairwise(rates))
    if len(rates) < ENOUGH_RATES or not falling or rates[-1][1] == 0:
        return None
    peak, last = rates[0][1], rates[-1][1]
    dead = next((step for step, rate in rates if rate <= TINY * peak), None)
    if dead is None or not 0 < dead - rates[0][0] <= EARLY * (training.steps - rates[0][0]):
        return None
    # A second stage may go on at a thousandth of the rate: what counts is that nothing moves.
    later = [t for t in training.trace if t.optimizer == index and t.index >= dead]
    moves = [t.update_ratio for t in later if t.update_ratio is not None]
    moved = median(moves) * (training.steps - dead) if moves else 1.0
    if moved >= STANDS:
        return None
    before = [rate for step, rate in rates if step < dead][-1]
    after = next(rate for step, rate in rates if step >= dead)
    says = f"the script sets the learning rate by hand: it came from {short(peak)} below "
    says += f"{short(TINY * peak)} by step {dead} of {training.steps}, and ended at {short(last)}"
    if after <= 0.05 * before:
        says += f"; from one step to the next it fell from {short(before)} to {short(after)}"
    says += f"; in the {training.steps - dead} steps left the weights move by {short(moved)} of "
    says += "their size at most"
    return Finding(
        says=says + outcome.reached(),
        places=places(*_places(source), training.optimizers[index].place),
        severity=outcome.severity(),
        confidence=0.75,
        measured={"peak_lr": peak, "last_lr": last, "tiny_from_step": dead,
                  "steps": training.steps, "moved_after": moved},
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted"),
        fix=Fix("lower it once for each optimizer.step() that it counts, behind it, or let a "
                "scheduler of torch.optim.lr_scheduler do so"),
    )  # fmt: skip


def _places(source: Source | None) -> list[Place]:
    found = source.assignments if source is not None else ()
    return [a.place for a in found if any(_SET.search(t) for t in a.targets)][:2]
