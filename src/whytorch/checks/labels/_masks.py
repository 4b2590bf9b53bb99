"""Masks of 0 and 255 in a loss that multiplies them with probabilities: Dice, Jaccard, Tversky."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls
from whytorch.records import Finding, Fix

ENOUGH = 10  # products at one line
_WHITE = 255.0  # what no weight of a pixel is by chance


def of_pixels(losses: LossCalls) -> Finding | None:
    """A mask as an image file holds it: the overlap is 255 times too large, so that the loss falls
    below 0 and pays for answering yes everywhere."""
    for overlap in losses.overlaps:
        pixels = overlap.two_values and overlap.low == 0 and overlap.high == _WHITE
        if not pixels or overlap.calls < ENOUGH:
            continue
        return Finding(
            says="probabilities are multiplied with a mask of 0 and 255 to measure their overlap, "
            f"in all {overlap.calls} products that were looked at; it needs 0 and 1: as it is, "
            "the overlap counts 255 times, and answering yes everywhere pays",
            places=places(overlap.place),
            severity="error",
            confidence=0.93,
            measured={"calls": overlap.calls, "low": overlap.low, "high": overlap.high},
            explains=("loss-not-decreasing", "underfitting", "same-class-predicted"),
            fix=Fix("divide the masks by 255 where they are read, or write (mask > 0).float()"),
        )
    return None
