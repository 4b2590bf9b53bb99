"""How far a step moves each layer

The size of one optimizer step's change of a weight against the weight itself, |change| / |weight|.
"""

from __future__ import annotations

from whytorch.evidence.facts import Network, Traces
from whytorch.reports.page.picture import Picture, number
from whytorch.reports.page.pictures._layers import ends, in_order, layers_by_steps

SHOWN_FOR = (
    "learning-rate-too-high", "learning-rate-too-low", "missing-optimizer-step",
    "weight-decay-too-high", "parameters-missing-from-optimizer", "frozen-parameters",
)  # fmt: skip
ORDER = 23


def draw(traces: Traces, network: Network | None) -> Picture | None:
    found = {t.layer: t.values for t in traces.of("update")}
    order = [layer.name for layer in network.layers] if network is not None else []
    series = [(name, found[name]) for name in in_order(list(found), order)]
    figure = layers_by_steps(series, "|change| / |weight|")
    last = ends(series, -1)
    if figure is None or last is None:
        return None
    says = (
        f"At the last look a step moves a layer's weights by {number(last[1])} ({last[0]}) to "
        f"{number(last[3])} ({last[2]}) of their size. Trainings that go well are often seen near "
        "0.001; near 1 a step replaces what was learned, near 0 nothing is learned."
    )
    return Picture(says, (figure,))
