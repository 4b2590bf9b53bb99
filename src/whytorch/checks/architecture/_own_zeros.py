"""Matrices of the user's own modules that start as zeros and never get a gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from whytorch.checks._places import within
from whytorch.evidence.facts import LayerFacts, Network, ParameterFacts
from whytorch.evidence.source import Source
from whytorch.records import Place


class Zeros(NamedTuple):
    layer: LayerFacts
    parameter: ParameterFacts
    place: Place  # `self.weight = nn.Parameter(...)` in the module's own class


def stuck_at_zero(network: Network, source: Source | None) -> list[Zeros]:
    """Zeros that a gradient reaches (a branch that begins with nothing) learn; these cannot: the
    graph leads through them, and what comes back is zero each time."""
    if source is None:
        return []
    return [
        Zeros(layer, p, place)
        for layer in network.layers
        if layer.order >= 0 and not layer.from_library
        for p in layer.parameters
        if p.trainable and len(p.shape) >= 2 and not p.loaded
        if p.initial_mean == 0 and p.initial_std == 0
        if p.grad == "zero" and p.reaches_loss and p.changed is False
        for place in [next(_made(layer, p, source), None)]
        if place is not None
    ]


def _made(layer: LayerFacts, parameter: ParameterFacts, source: Source) -> Iterator[Place]:
    attribute = parameter.name.rpartition(".")[2]
    for own in source.classes:
        if own.qualname.rpartition(".")[2] == layer.kind:
            for made in source.assignments:
                if f"self.{attribute}" in made.targets and within(made.place, own.place):
                    yield made.place
