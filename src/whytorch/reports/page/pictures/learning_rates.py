"""Learning rates tried, with the script's own marked

The lab ran the script's first steps once more at each of these rates, from the same weights.
"""

from __future__ import annotations

import math
from typing import Any

from whytorch.evidence.facts.experiments import LrSweep
from whytorch.reports.page.picture import (
    BAD,
    OTHER,
    OWN,
    Picture,
    axis,
    band,
    chart,
    line,
    note,
    number,
    spread,
    upright,
)

SHOWN_FOR = (
    "learning-rate-too-high", "learning-rate-too-low", "unsuitable-optimizer",
    "unsuitable-momentum", "scheduler-misused", "optimization",
)  # fmt: skip
ORDER = 5


def draw(sweep: LrSweep) -> Picture | None:
    ended = [(r, e) for r, e in zip(sweep.rates, sweep.ends, strict=True) if e is not None]
    broke = [r for r, e in zip(sweep.rates, sweep.ends, strict=True) if e is None]
    if len(ended) < 2:
        return None
    rates, ends = [r for r, _ in ended], [e for _, e in ended]
    traces = []
    if sweep.noise and sweep.own_end is not None:
        low, high = max(sweep.own_end - sweep.noise, min(ends) / 2), sweep.own_end + sweep.noise
        edge = [min(sweep.rates), max(sweep.rates)]
        traces.append(band(edge, [low] * 2, [high] * 2, "as good as its own (noise)"))
    traces.append(line(rates, ends, "loss at the end", OWN, mode="lines+markers"))
    if broke:
        top = [max(ends)] * len(broke)
        cross = {"symbol": "x", "color": BAD, "size": 10}
        traces.append(line(broke, top, "the loss broke", BAD, mode="markers", marker=cross))
    shapes, notes = [], []
    if sweep.own_rate:
        shapes.append(upright(sweep.own_rate, OTHER, "solid"))
        left = sweep.own_rate > math.sqrt(min(sweep.rates) * max(sweep.rates))
        side: dict[str, Any] = {"xanchor": "right", "xshift": -4} if left else {}
        at = math.log10(sweep.own_rate)
        notes.append(note(f"this script: {sweep.own_rate:.3g}", at, **side))
    kind = "log" if spread(ends) else "linear"
    figure = chart(
        traces, axis("learning rate (logarithmic)", type="log"),
        axis(f"loss after {sweep.steps} steps", type=kind), shapes=shapes, annotations=notes,
    )  # fmt: skip
    return Picture(_says(sweep), (figure,))


def _says(sweep: LrSweep) -> str:
    own = f"At the script's own rate, {number(sweep.own_rate)}, the loss after {sweep.steps} steps "
    own += f"is {number(sweep.own_end)}" if sweep.own_end is not None else "is no number"
    best = f"of the rates tried, none does much better than {number(sweep.best_rate)} "
    best += f"({number(sweep.best_end)})"
    edge = f"; from {number(sweep.edge_rate)} on the loss breaks" if sweep.edge_rate else ""
    return f"{own}; {best}{edge}."
