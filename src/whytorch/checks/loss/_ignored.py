"""A class of pixels that the loss passes over, though the network has an output for it."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossSite
from whytorch.records import Finding, Fix

ENOUGH_CALLS = 10
MUCH = 0.05  # of the pixels


def ignored(site: LossSite) -> Finding | None:
    """Right for pixels that nobody labelled; wrong for a background that is to be told from things.
    Which of the two it is, the run does not say: advice."""
    index, counts = site.options.get("ignore_index"), site.target_counts or {}
    outputs = site.input_shape or ()
    images = len(outputs) == 4 and site.phase == "train" and site.calls >= ENOUGH_CALLS
    if not images or not isinstance(index, int) or not 0 <= index < outputs[1]:
        return None
    passed, total = counts.get(str(index), 0), sum(counts.values())
    if not total or passed < MUCH * total or outputs[1] < 2:
        return None
    return Finding(
        says=f"ignore_index={index} leaves {passed / total:.0%} of the pixels out of "
        f"{site.function}, all of class {index}, for which the network has an output: nothing "
        f"teaches it when to answer {index}, and it will call such pixels something else",
        places=places(site.place, site.made_place),
        severity="advice",
        confidence=0.6,
        measured={"ignore_index": index, "share": round(passed / total, 4), "calls": site.calls},
        explains=("underfitting",),
        fix=Fix(f"if class {index} is to be recognized (a background), leave ignore_index out; if "
                "these pixels have no label, leave them out of the evaluation as well"),
    )  # fmt: skip
