"""Rows with several ones in a cross-entropy, which knows of one answer, read off one by one."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls, LossSite
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

SEVERAL = 1.5  # of the sum of a row, less 1: without any one it is 1
ENOUGH = 3  # calls


def of_several(losses: LossCalls, source: Source | None) -> Finding | None:
    """Multi-label targets, where the script reads each output by a sigmoid afterwards. Those who
    rank the outputs may ask for several at once; so may pairs of a batch with each other."""
    site = next((s for s in losses.training() if _is_of_several(s)), None)
    reads = source.calls_to("*.sigmoid", "*.sigmoid_", "*.Sigmoid", "*.expit") if source else ()
    if site is None or not reads:
        return None
    most = round((site.target_row_sum_gap or 0.0) + 1)
    return Finding(
        title="Cross-entropy where several classes can be right",
        says=f"cross_entropy was given rows with up to {most} ones in {site.calls} calls: it takes "
        "the classes for exclusive, so that each takes from the others, and no output by itself "
        "learns to say yes or no, as the sigmoid reads it afterwards",
        places=places(site.made_place, site.place, reads[0].place),
        severity="error",
        confidence=0.93,
        measured={"most_ones_in_a_row": most, "calls": site.calls},
        explains=("loss-not-decreasing", "underfitting", "same-class-predicted"),
        fix=Fix("use binary cross-entropy, an answer for each class: write "
                "nn.BCEWithLogitsLoss() in place of nn.CrossEntropyLoss()"),
    )  # fmt: skip


def _is_of_several(site: LossSite) -> bool:
    shape = site.target_shape or ()
    return (
        site.function == "cross_entropy"
        and site.raised is None
        and site.calls >= ENOUGH
        and len(shape) == 2
        and shape == site.input_shape
        and shape[0] != shape[1]
        and bool(site.target_integral)
        and (site.target_min, site.target_max) == (0, 1)
        and (site.target_row_sum_gap or 0.0) >= SEVERAL
    )
