"""Raw scores in a loss that measures how far two sets agree (Dice, Jaccard, Tversky)."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls
from whytorch.records import Finding, Fix

ENOUGH = 5  # ratios at one line
_SHARE = 0.8  # of them, whose scores are far beyond 0 and 1


def of_raw_scores(losses: LossCalls | None) -> list[Finding]:
    """Nothing makes shares from 0 to 1 of what the network gives."""
    for one in losses.raw_overlaps if losses is not None else ():
        if one.calls < ENOUGH or one.beyond < _SHARE * one.calls:
            continue
        return [
            Finding(
                says="the overlap with the mask is divided by a sum of the network's raw output, "
                f"which went from {one.low:.3g} to {one.high:.3g} over {one.calls} calls: a Dice "
                "or Jaccard loss needs shares from 0 to 1, and here its divisor can be 0 or below",
                places=places(one.place),
                severity="warning",
                confidence=0.9,
                measured={"calls": one.calls, "lowest": one.low, "highest": one.high},
                explains=("exploding-gradients", "loss-oscillates", "loss-not-decreasing",
                          "non-finite-loss", "underfitting"),
                fix=Fix("give this loss torch.sigmoid(output), or softmax(output, dim=1) where "
                        "there are several classes"),
            )
        ]  # fmt: skip
    return []
