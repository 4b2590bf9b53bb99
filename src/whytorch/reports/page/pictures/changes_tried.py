"""One thing changed at a time

The lab ran the script's own first steps again with one thing changed: what lies within the grey
band differs from the script as it is by no more than its repeats differ among themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from whytorch.evidence.facts.experiments import Outcome, Trial
from whytorch.reports.page.picture import (
    BAND,
    OTHER,
    OWN,
    Chart,
    Picture,
    axis,
    chart,
    escaped,
    number,
    spread,
)
from whytorch.reports.page.saved_run import Trials

SHOWN_FOR = (
    "unsuitable-optimizer", "unsuitable-momentum", "batch-size-too-large", "batch-size-too-small",
    "dropout-too-high", "unsuitable-normalization", "unscaled-inputs", "mse-on-class-labels",
    "activation-on-logits", "softmax-before-cross-entropy", "unsuitable-activation",
    "poor-initialization", "underfitting-capacity", "overfitting-capacity", "unsuitable-pooling",
    "weight-decay-too-high", "gradient-clipping-misused", "missing-zero-grad",
)  # fmt: skip
ORDER = 31
MOST = 24  # changes


def draw(trials: Trials) -> Picture | None:
    by_loss = [t for t in trials.made if t.comparable and t.own.end is not None]
    rows = [o for t in by_loss for o in t.changed if o.end is not None][:MOST]
    if not rows:
        return None
    own = by_loss[0]
    figure = _chart(own, rows)
    best = min(rows, key=lambda o: o.end or 0.0)
    says = (
        f"As it is, the script ends at loss {number(own.own.end)} after {own.own.steps} steps "
        f"(noise {number(own.noise)}); best of the changes: {best.says}, at {number(best.end)}."
    )
    return Picture(says, (figure,))


def _chart(own: Trial, rows: Sequence[Outcome]) -> Chart:
    base = own.own.end or 0.0
    names = ["<br>".join(wrap(escaped(o.says), 26)) for o in rows]
    ends = [o.end for o in rows]
    color = [OWN if (e or 0.0) < base - (own.noise or 0.0) else "--muted" for e in ends]
    dots = {"type": "scatter", "mode": "markers", "x": ends, "y": names,
            "marker": {"color": color, "size": 11},
            "hovertemplate": "%{y}: %{x:.3g}<extra></extra>"}  # fmt: skip
    shapes: list[dict[str, Any]] = []
    if own.noise:
        low = max(base - own.noise, min([*[e for e in ends if e], base]) / 2)
        shapes.append({
            "type": "rect", "x0": low, "x1": base + own.noise, "y0": 0, "y1": 1, "yref": "paper",
            "fillcolor": BAND, "line": {"width": 0}, "layer": "below",
        })  # fmt: skip
    line = {"color": OTHER, "width": 2}
    shapes.append(
        {"type": "line", "x0": base, "x1": base, "y0": 0, "y1": 1, "yref": "paper", "line": line}
    )
    log = spread([*ends, base])
    x = axis("loss at the end (line: as it is)", type="log" if log else "linear")
    y = axis("", type="category", autorange="reversed")
    return chart(
        [dots], x, y, 100 + sum(14 + 14 * (1 + n.count("<br>")) for n in names), shapes=shapes
    )
