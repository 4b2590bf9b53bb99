"""Layers that every block of a kind builds and none of them calls."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.checks._weights import numbers
from whytorch.checks.architecture._twin_called import is_idle
from whytorch.evidence.facts import LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_FEWEST = 2  # blocks; of one, a layer may be left over from a trial


def never_called(
    network: Network, outcome: Learning, source: Source | None = None
) -> list[Finding]:
    """A block that is built several times, and in each of them one and the same layer of its own
    idle. Advice: what is left over does no harm, what is forgotten may."""
    built: dict[tuple[object, str], list[LayerFacts]] = {}
    for layer in network.layers:
        if layer.parameters and layer.registered and not layer.from_library and layer.place:
            key = (layer.place.path, layer.place.line)
            built.setdefault((key, layer.name.rpartition(".")[2]), []).append(layer)
    idle = [x for x in built.values() if len(x) >= _FEWEST and all(map(is_idle, x))]
    if not idle:
        return []
    layers = idle[0]
    name = layers[0].name.rpartition(".")[2]
    weights = numbers(p for x in layers for p in x.parameters)
    return [
        Finding(
            says=f"{name} is built in {len(layers)} blocks ({layers[0].name}, ...) and called in "
            f"none: the optimizer has its {weights} weights, and they stay as they began"
            + outcome.reached(),
            places=places(_assigned(name, source), layers[0].place),
            severity="advice",
            confidence=0.85,
            measured={"layers": len(layers), "weights": weights},
            explains=() if outcome.works else ("underfitting",),
            fix=Fix(f"call self.{name} in forward, or remove it"),
        )
    ]


def _assigned(name: str, source: Source | None) -> Place | None:
    """The line of the block, where a helper builds its layers."""
    lines = [
        a.place
        for a in (source.assignments if source is not None else ())
        if f"self.{name}" in a.targets
    ]
    return lines[0] if len(lines) == 1 else None
