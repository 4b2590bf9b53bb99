"""A graph cut inside the network: what stands behind the cut learns, what is before it does not."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._weights import layer_names, numbers
from whytorch.checks.loss import _cut
from whytorch.evidence.facts import LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

_WORDS = ("detach", "data", "no_grad")  # the rest of what cuts has other uses in a forward


def cut_part(network: Network, source: Source | None) -> Finding | None:
    """Layers that an optimizer was to move and no loss reaches, and a detach() behind them."""
    if source is None or not any(x.output_reaches_loss for x in network.layers if x.parameters):
        return None
    before = [x for x in network.layers if _is_unreached(x)]
    cut = _cut.in_network(source, network) if before else None
    if cut is None or cut.says not in _WORDS:
        return None
    lines = [x.call_place.line for x in before if x.call_place and x.call_place.path]
    if not lines or max(lines) > cut.place.line:
        return None
    count, total = numbers(p for x in before for p in x.parameters), numbers(network.parameters())
    return Finding(
        says=f"{cut.says} cuts the loss off from {layer_names(before)}: {count} of {total} "
        f"parameters of {network.kind} never get a gradient, although an optimizer holds them",
        places=places(cut.place, before[-1].call_place),
        severity="error",
        confidence=0.92,
        measured={"parameters_cut_off": count, "parameters": total, "layers": len(before)},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance", "same-class-predicted"),
        fix=Fix(cut.fix),
    )


def _is_unreached(layer: LayerFacts) -> bool:
    weights = [p for p in layer.parameters if p.trainable]
    return (
        layer.calls > 0
        and bool(weights)
        and layer.output_reaches_loss is False
        and layer.registered
        and not layer.from_library
        and all(p.grad == "none" and not p.reaches_loss for p in weights)
        and all(p.changed is False and not p.loaded for p in weights)
        and any(p.in_optimizer for p in weights)
    )
