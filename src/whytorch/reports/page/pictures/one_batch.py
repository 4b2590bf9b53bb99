"""One batch learned by heart

The lab trained on one recorded batch again and again with the script's own step. A network and a
step that work bring the loss of one batch near zero.
"""

from __future__ import annotations

from whytorch.evidence.facts.experiments import OneBatch
from whytorch.reports.page.picture import OWN, Picture, axis, chart, line, number, spread

SHOWN_FOR = (
    "underfitting-capacity", "missing-zero-grad", "zero-grad-before-step", "missing-backward",
    "loss-cut-from-model", "unsuitable-optimizer",
)  # fmt: skip
ORDER = 30


def draw(tried: OneBatch) -> Picture | None:
    if len(tried.losses) < 2:
        return None
    log = spread(tried.losses)
    y = axis("loss on that batch" + (" (logarithmic)" if log else ""), type="log" if log else "-")
    curve = line(range(len(tried.losses)), tried.losses, "loss", OWN)
    says = (
        f"In {tried.steps} steps on one and the same batch the loss went from "
        f"{number(tried.start)} to {number(tried.end)}."
    )
    return Picture(says, (chart([curve], axis("step on the same batch"), y, 260),))
