"""Training images before and after the transforms

The same images as they are stored and as the data set gives them; and, where the lab looked, images
that a network knows as stored and no longer knows augmented.
"""

from __future__ import annotations

from whytorch.evidence.facts import DataFlow, Pictures
from whytorch.evidence.facts.experiments import AugmentationOff
from whytorch.reports.page.images import namer, strip
from whytorch.reports.page.picture import Picture, percent

SHOWN_FOR = (
    "excessive-augmentation", "label-destroying-augmentation", "resolution-mismatch",
    "transform-never-applied", "augmentation",
)  # fmt: skip
ORDER = 16
KINDS = (
    ("lost-stored", "Known as stored"),
    ("lost-augmented", "The same, augmented: label → what the network says now"),
    ("stored", "As stored"),
    ("drawn", "The same, after the transforms"),
)


def draw(pictures: Pictures, off: AugmentationOff | None, flow: DataFlow | None) -> Picture | None:
    sheets = pictures.sheets
    if "drawn" not in sheets and "lost-augmented" not in sheets:
        return None
    known = [x.dataset.classes for x in flow.feeding("train")] if flow is not None else []
    name = namer(known[0] if known else None)
    strips = tuple(strip(sheets[k], label, name) for k, label in KINDS if k in sheets)
    says = "Each row is on its own scale of brightness."
    if off is not None and off.plain_on_stored is not None:
        says = (
            f"A network trained on stored images is right on {percent(off.plain_on_stored)} of "
            f"them, and on {percent(off.plain_on_augmented)} once they are augmented. " + says
        )
    return Picture(says, strips=strips)
