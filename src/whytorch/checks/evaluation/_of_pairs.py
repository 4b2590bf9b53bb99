"""argmax without a dimension over the scores of each sample against each (CLIP, SimCLR)."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Passes
from whytorch.records import Finding, Fix

ENOUGH = 6  # comparisons at one line, each with the place of the largest of all scores


def decide(passes: Passes) -> list[Finding]:
    """One number for the whole batch, where each row has a right answer of its own."""
    return [
        Finding(
            says=f"argmax without a dimension gives one number, the place of the largest of all "
            f"{one.rows} x {one.rows} scores, and it is compared with the {one.rows} right "
            f"answers: in all {one.whole} comparisons here, where at most one row can be right",
            places=places(one.place),
            severity="warning",
            confidence=0.93,
            measured={"comparisons": one.whole, "rows": one.rows},
            explains=("printed-metric-differs-from-measured",),
            fix=Fix("choose in each row: logits.argmax(dim=1)"),
        )
        for one in passes.whole_argmax
        if one.whole >= ENOUGH and not one.other
    ][:1]
