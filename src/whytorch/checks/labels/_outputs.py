"""The layer that gives a network's outputs."""

from __future__ import annotations

from whytorch.evidence.facts import LayerFacts, Network

COUNTS = ("out_features", "out_channels")


def last_with(network: Network | None, outputs: int) -> LayerFacts | None:
    """The last layer called that has so many outputs."""
    found = [
        layer
        for layer in (network.layers if network else ())
        if layer.calls and outputs in [layer.settings.get(n) for n in COUNTS]
    ]
    return max(found, key=lambda layer: layer.order, default=None)
