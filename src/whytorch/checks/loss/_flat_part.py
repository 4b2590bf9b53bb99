"""Layers whose gradient is exactly 0 at every step, behind an operation that has no slope."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._weights import layer_names, numbers
from whytorch.checks.loss._cut_part import stands_still
from whytorch.evidence.facts import LayerFacts, Network, Training
from whytorch.evidence.source import Call, Source
from whytorch.records import Finding, Fix

ENOUGH = 5  # steps: weights of 0 in front of others may hold a gradient at 0 for the first ones


def flat_part(network: Network, training: Training | None, source: Source | None) -> Finding | None:
    """Gradients that are 0, all of them, of layers that lie in front of such an operation."""
    if training is None or not training.flat or training.steps < ENOUGH:
        return None
    before = [x for x in network.layers if _gets_zeros(x)]
    if not before or not any(_learns(x) for x in network.layers):
        return None
    last = max(before, key=lambda x: x.order)
    found = _call(training.flat, last, source)
    if found is None:
        return None
    name, call = found
    own = not name.islower()
    count, total = numbers(p for x in before for p in x.parameters), numbers(network.parameters())
    what = f"the backward of {name}" if own else f"{name}, which is flat between its steps,"
    change = f"return the gradient from the backward of {name}, as if it had let its input pass"
    if not own:
        change = (
            f"let the gradient pass, x + ({call.raw}(x) - x).detach(), or use a smooth function"
        )
    return Finding(
        says=f"{what} gives a gradient of 0 to all in front of it: {layer_names(before)} got "
        f"nothing else in {training.steps} steps, {count} of {total} parameters of {network.kind}, "
        "although an optimizer holds them",
        places=places(call.place, last.call_place),
        severity="error",
        confidence=0.9,
        measured={"parameters_cut_off": count, "parameters": total, "operation": name},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance", "same-class-predicted",
                  "vanishing-gradients"),
        fix=Fix(change),
    )  # fmt: skip


def _gets_zeros(layer: LayerFacts) -> bool:
    return stands_still(layer) and all(p.grad == "zero" for p in layer.parameters if p.trainable)


def _learns(layer: LayerFacts) -> bool:
    return any(p.grad == "nonzero" for p in layer.parameters)


def _call(
    flat: tuple[str, ...], last: LayerFacts, source: Source | None
) -> tuple[str, Call] | None:
    """The first such operation that the source calls behind the layers, or at all: of the rest
    somebody else's function may be in the graph."""
    named = [(name, (f"*.{name}", f"*.{name}.apply", f"{name}.apply")) for name in flat]
    found = [(n, c) for n, known in named for c in (source.calls_to(*known) if source else ())]
    at = last.call_place
    behind = [
        (n, c) for n, c in found if at and c.place.path == at.path and c.place.line >= at.line
    ]
    return min(behind or found, key=lambda x: x[1].place.line, default=None)
