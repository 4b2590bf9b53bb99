"""Pairs told apart by 0 and 1, where the loss reads 1 and -1."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls, PairTargets
from whytorch.records import Finding, Fix

ENOUGH = 10  # calls
_COMMON = 0.05  # of all, each of both: a few zeros may be pairs that are to be left out
_OF_ZERO = {
    "cosine_embedding_loss": "costs nothing and teaches nothing: nothing keeps different ones "
    "apart, and giving the same for every image costs least",
    "hinge_embedding_loss": "is held apart and together at once, by a constant",
    "margin_ranking_loss": "costs the margin and teaches nothing",
    "soft_margin_loss": "costs 0.69 and teaches nothing",
}


def of_signs(losses: LossCalls) -> Finding | None:
    """Zeros among the targets, and never a -1. Where -1 is there as well, 0 leaves pairs out."""
    for one in losses.pair_targets:
        shares = (one.zeros / max(one.numbers, 1), one.ones / max(one.numbers, 1))
        told = one.zeros + one.ones == one.numbers
        if not told or min(shares) < _COMMON or one.calls < ENOUGH:
            continue
        return _finding(one, shares[0])
    return None


def _finding(one: PairTargets, zeros: float) -> Finding:
    return Finding(
        says=f"{one.function} was given targets of 0 and 1 in {one.calls} calls ({zeros:.0%} are "
        f"0); it needs 1 and -1: what is asked for as 0 {_OF_ZERO[one.function]}",
        places=places(one.place, one.made_place),
        severity="error",
        confidence=0.93,
        measured={"function": one.function, "calls": one.calls, "zeros": zeros},
        explains=("loss-not-decreasing", "loss-at-chance", "same-class-predicted", "underfitting"),
        fix=Fix("write 2 * target - 1 where the loss is computed, or -1 for 0 in the data set"),
    )
