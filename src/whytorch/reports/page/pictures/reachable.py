"""What these data and steps can reach

Accuracy in evaluation of trainings on growing shares of the samples, and with the steps that they
had; the band is where the curve that goes on from them leads.
"""

from __future__ import annotations

from whytorch.evidence.facts.experiments import Reachable
from whytorch.reports.page.picture import BAND, OWN, Picture, axis, chart, line, percent

SHOWN_FOR = ("underfitting-capacity", "too-few-epochs")
ORDER = 25


def draw(found: Reachable) -> Picture | None:
    known = [(s, a) for s, a in zip(found.shares, found.accuracies, strict=True) if a is not None]
    if len(known) < 2:
        return None
    shares, right = [100 * s for s, _ in known], [100 * a for _, a in known]
    shapes = []
    says = f"With all recorded samples {percent(known[-1][1])} are right"
    if found.limit_low is not None and found.limit_high is not None:
        shapes.append({
            "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * found.limit_low,
            "y1": 100 * found.limit_high, "fillcolor": BAND, "line": {"width": 0}, "layer": "below",
        })  # fmt: skip
        says += (
            f"; the curve leads to between {percent(found.limit_low)} and "
            f"{percent(found.limit_high)}"
        )
    curve = line(shares, right, "evaluation", OWN, mode="lines+markers")
    figure = chart(
        [curve], axis("share of the training samples (%)"), axis("right in evaluation (%)"),
        shapes=shapes,
    )  # fmt: skip
    return Picture(says + ".", (figure,))
