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
    outputs, counts = site.input_shape or (), site.target_counts or {}
    images = len(outputs) == 4 and site.phase == "train" and site.calls >= ENOUGH_CALLS
    if not images or outputs[1] < 2:
        return None
    index, written, leave = _passed_over(site, outputs[1])
    if index is None:
        return None
    passed, total = counts.get(str(index), 0), sum(counts.values())
    if not total or passed < MUCH * total:
        return None
    return Finding(
        says=f"{written} leaves {passed / total:.0%} of the pixels out of "
        f"{site.function}, all of class {index}, for which the network has an output: nothing "
        f"teaches it when to answer {index}, and it will call such pixels something else",
        places=places(site.place, site.made_place),
        severity="advice",
        confidence=0.6,
        measured={"class": index, "share": round(passed / total, 4), "calls": site.calls},
        explains=("underfitting",),
        fix=Fix(f"if class {index} is to be recognized (a background), {leave}; if these pixels "
                "have no label, leave them out of the evaluation as well"),
    )  # fmt: skip


def _passed_over(site: LossSite, classes: int) -> tuple[int | None, str, str]:
    """(the class, what passes over it, what to do instead)."""
    index, weights = site.options.get("ignore_index"), site.options.get("weight")
    if isinstance(index, int) and 0 <= index < classes:
        return index, f"ignore_index={index}", "leave ignore_index out"
    none = [c for c, w in enumerate(weights) if w == 0] if isinstance(weights, list) else []
    if len(none) == 1 and len(weights or ()) == classes:
        return none[0], f"a class weight of 0 for class {none[0]}", "give it a weight above 0"
    return None, "", ""
