"""Where a softmax stands that was seen, by its effect or in the autograd graph, before a loss."""

from __future__ import annotations

from msgspec import Struct

from whytorch.evidence.facts import LayerFacts, LossSite, Network, Shape
from whytorch.evidence.source import Call, Source
from whytorch.records import Place

_KINDS = {"softmax": ("Softmax", "Softmax2d"), "log_softmax": ("LogSoftmax",)}
# Nodes that keep the shape, so that the loss's input has the dimensions of the softmax's output.
_KEEP_SHAPE = ("Log", "Clamp", "Add", "Mul", "Div", "Clone", "ToCopy", "NanToNum", "Contiguous")
_RESHAPE = ("Squeeze", "View", "Unsafe", "Reshape", "Unsqueeze", "Select")
# What a loss written by hand does besides: to pick the right class's number, and to average.
_PICKS = ("Neg", "Sum", "Mean", "Index", "Gather", "Pow", "Sub", "Rsub", "Squeeze", "Exp")


class Softmax(Struct, frozen=True):
    function: str  # "softmax" or "log_softmax"
    dim: int | None
    shape: Shape | None  # of its result


def nearest(site: LossSite, reshaped: bool = False) -> Softmax | None:
    """The softmax directly behind the loss's input; of a loss written by hand, behind its value.
    `reshaped`: also where its numbers were put into another shape since."""
    passed = (*_KEEP_SHAPE, *(_PICKS if site.function == "hand-written" else ()))
    passed += _RESHAPE if reshaped else ()
    shapes = site.graph_shapes or (None,) * len(site.graph)
    for name, dim, shape in zip(site.graph, site.graph_dims, shapes, strict=False):
        if "Softmax" in name:
            function = "log_softmax" if name.startswith("LogSoftmax") else "softmax"
            return Softmax(function, dim, shape or (None if reshaped else site.input_shape))
        if not name.startswith(passed):
            return None
    return None


def place(
    softmax: Softmax, site: LossSite, network: Network | None, source: Source | None
) -> Place | None:
    """The layer that does it, else the call in the source: before the loss, else in the network."""
    layer = _layer(softmax, network)
    if layer is not None:
        return layer.place
    calls = _calls(softmax.function, source)
    near = _before_loss(calls, site, source) or _in_network(calls, network)
    along = [c for c in calls if (dim := c.argument("dim")) and dim.constant == softmax.dim]
    return near or next((c[0].place for c in (along, calls) if len(c) == 1), None)


def _layer(softmax: Softmax, network: Network | None) -> LayerFacts | None:
    found = [
        layer
        for layer in (network.layers if network else ())
        if layer.kind in _KINDS[softmax.function]
        and layer.calls
        and (layer.out_shape or ())[1:] == (softmax.shape or ())[1:]
    ]
    return max(found, key=lambda layer: layer.order, default=None)


def _calls(function: str, source: Source | None) -> list[Call]:
    if source is None:
        return []
    made = [f"torch.nn.{kind}" for kind in _KINDS[function]]
    called = [f"torch.{function}", f"torch.nn.functional.{function}", f"*.{function}"]
    return list(source.calls_to(*made, *called))


def _before_loss(calls: list[Call], site: LossSite, source: Source | None) -> Place | None:
    """The last one in the same function, at or before the line of the loss."""
    if site.place is None or source is None:
        return None
    around = source.enclosing_function(site.place)
    inside = around.qualname if around else "<module>"
    found = [
        call.place
        for call in calls
        if call.function == inside
        and call.place.path == site.place.path
        and call.place.line <= site.place.line
        and not call.name.startswith("torch.nn.S")  # a constructor; its use may be elsewhere
    ]
    return found[-1] if found else None


def _in_network(calls: list[Call], network: Network | None) -> Place | None:
    """The last one in a method of the trained network's class."""
    kind = f"{network.kind}." if network else "\0"
    found = [call.place for call in calls if call.function.startswith(kind)]
    return found[-1] if found else None
