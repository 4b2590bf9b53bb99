"""Gradient of each layer, step by step

The norm of the gradient of each layer's own weights at the steps that were looked at closely.
"""

from __future__ import annotations

from whytorch.evidence.facts import Network, Training
from whytorch.reports.page.picture import Picture, number
from whytorch.reports.page.pictures._layers import ends, in_order, layers_by_steps

SHOWN_FOR = (
    "poor-initialization", "unsuitable-activation", "gradient-clipping-misused",
    "frozen-parameters", "computed-but-unused", "missing-zero-grad", "unregistered-modules",
)  # fmt: skip
ORDER = 20


def draw(training: Training, network: Network | None) -> Picture | None:
    norms = {g.layer: g.norms for g in training.gradients if g.norms}
    order = [layer.name for layer in network.layers] if network is not None else []
    series = [(name, norms[name]) for name in in_order(list(norms), order)]
    figure = layers_by_steps(series, "gradient norm")
    last = ends(series, -1)
    if figure is None or last is None:
        return None
    small, low, large, high = last
    says = (
        f"At the last look the smallest gradient is {number(low)} ({small or 'network'}), the "
        f"largest {number(high)} ({large or 'network'}). Layers from input (top) to output "
        "(bottom), colours on a logarithmic scale."
    )
    return Picture(says, (figure,))
