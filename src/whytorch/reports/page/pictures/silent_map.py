"""Silent ReLU units, step by step

The share of each ReLU's units (channels, or features) that fire on no sample of the batch.
"""

from __future__ import annotations

from whytorch.evidence.facts import Traces
from whytorch.reports.page.picture import Picture, percent
from whytorch.reports.page.pictures._layers import ends, layers_by_steps

SHOWN_FOR = ("dead-relu",)
ORDER = 22


def draw(traces: Traces) -> Picture | None:
    series = [(t.layer, t.values) for t in traces.of("silent")]
    figure = layers_by_steps(series, "share of units", log=False)
    first, last = ends(series, 0), ends(series, -1)
    if figure is None or first is None or last is None:
        return None
    says = (
        f"Of the units of {last[2]}, which has the most of them, {percent(last[3])} fire on no "
        f"sample of the batch at the last look; at the first it was {percent(first[3])} of "
        f"{first[2]}. ReLUs in order of execution; of a batch, 64 samples at most are looked at."
    )
    return Picture(says, (figure,))
