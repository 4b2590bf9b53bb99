"""Output of each layer, step by step

The standard deviation of what each layer with weights and each ReLU gives in training, at the
steps that were looked at closely.
"""

from __future__ import annotations

from whytorch.evidence.facts import Traces
from whytorch.reports.page.picture import Picture, number
from whytorch.reports.page.pictures._layers import ends, layers_by_steps

SHOWN_FOR = ("poor-initialization", "unsuitable-activation", "unscaled-inputs", "dead-relu")
ORDER = 21


def draw(traces: Traces) -> Picture | None:
    series = [(t.layer, t.values) for t in traces.of("activation")]
    figure = layers_by_steps(series, "standard deviation")
    first, last = ends(series, 0), ends(series, -1)
    if figure is None or first is None or last is None:
        return None
    says = (
        f"At the first look the outputs' standard deviations lie between {number(first[1])} "
        f"({first[0]}) and {number(first[3])} ({first[2]}), at the last between "
        f"{number(last[1])} ({last[0]}) and {number(last[3])} ({last[2]})."
    )
    return Picture(says, (figure,))
