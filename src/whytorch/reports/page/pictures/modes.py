"""The trained network in train mode and in eval mode

The same samples, the same weights: only the mode differs.
"""

from __future__ import annotations

from whytorch.evidence.facts.experiments import Modes
from whytorch.reports.page.picture import OWN, Picture, axis, chart, percent

SHOWN_FOR = (
    "evaluating-in-train-mode", "batchnorm-statistics-stale", "dropout-active-in-evaluation",
    "train-mode-not-restored", "batchnorm-on-tiny-batches", "frozen-batchnorm-drifts",
)  # fmt: skip
ORDER = 24


def draw(modes: Modes) -> Picture | None:
    rows = [
        ("train mode", modes.train_mode_accuracy),
        ("eval mode", modes.eval_mode_accuracy),
        ("eval mode, statistics computed anew", modes.recomputed_accuracy),
    ]
    known = [(name, share) for name, share in rows if share is not None]
    if len(known) < 2:
        return None
    bars = {
        "type": "bar", "orientation": "h", "x": [100 * share for _, share in known],
        "y": [name for name, _ in known], "marker": {"color": OWN}, "hoverinfo": "skip",
        "text": [percent(share) for _, share in known], "textposition": "auto",
    }  # fmt: skip
    figure = chart(
        [bars], axis("right (%)", range=[0, 102]),
        axis("", type="category", autorange="reversed"), 80 + 40 * len(known),
    )  # fmt: skip
    told = ", ".join(f"{percent(share)} in {name}" for name, share in known)
    of = {"eval": "evaluation", "train": "training"}.get(modes.phase, modes.phase)
    return Picture(f"Of {modes.samples:,} samples of {of} are right: {told}.", (figure,))
