"""What stands between a network's last layer and the loss, from the autograd graph, and where."""

from __future__ import annotations

from msgspec import Struct

from whytorch.evidence.facts import LossSite, Network, Shape
from whytorch.evidence.source import Source
from whytorch.records import Place

# Nodes that neither change a number nor mix several.
SAME_NUMBERS = ("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Permute",
                "Transpose", "Clone", "ToCopy", "Alias", "Slice", "Contiguous", "T")  # fmt: skip


class Activation(Struct, frozen=True):
    """`node` as autograd names it, `name` as people do; `kinds` of layers, `calls` of functions."""

    node: str
    name: str
    kinds: tuple[str, ...]
    calls: tuple[str, ...]
    cuts: str  # what it takes from a logit; empty where it only bends it


ACTIVATIONS = (
    Activation("Relu", "ReLU", ("ReLU",), ("relu", "relu_"), "no logit can fall below 0"),
    Activation("Sigmoid", "sigmoid", ("Sigmoid",), ("sigmoid", "sigmoid_"),
               "no logit can leave 0 to 1"),
    Activation("Tanh", "tanh", ("Tanh",), ("tanh", "tanh_"), "no logit can leave -1 to 1"),
    Activation("Hardtanh", "a clipping activation", ("ReLU6", "Hardtanh"), ("relu6", "hardtanh"),
               "no logit can leave its range"),
    Activation("Hardsigmoid", "hard sigmoid", ("Hardsigmoid",), ("hardsigmoid",),
               "no logit can leave 0 to 1"),
    Activation("Softplus", "softplus", ("Softplus",), ("softplus",), "no logit can fall below 0"),
    Activation("LeakyRelu", "LeakyReLU", ("LeakyReLU",), ("leaky_relu",), ""),
    Activation("Elu", "ELU", ("ELU", "SELU", "CELU"), ("elu", "selu", "celu"), ""),
    Activation("Gelu", "GELU", ("GELU",), ("gelu",), ""),
    Activation("Silu", "SiLU", ("SiLU",), ("silu",), ""),
)  # fmt: skip
OF_NODE = {a.node: a for a in ACTIVATIONS}
# ReLU by another name, where it lets nothing below 0 through: `x.clamp(min=0)`. Logits kept within
# bounds on purpose are clipped on both sides of 0.
RECTIFIERS = ("Clamp", "ClampMin", "Threshold", "Maximum")
RECTIFIED = Activation("Relu", "clamp at 0", (), ("clamp", "clamp_", "clip", "clip_", "clamp_min",
                       "clamp_min_", "threshold", "threshold_", "maximum"),
                       "no logit can fall below 0")  # fmt: skip


def before_loss(site: LossSite, passed: tuple[str, ...] = ()) -> Activation | None:
    """The activation whose numbers the loss is given; nodes in `passed` may stand once between."""
    waiting = list(passed)
    for name in site.graph:
        kind = name.partition("Backward")[0].rstrip("0123456789")
        if kind in waiting:
            waiting.remove(kind)
        elif kind in OF_NODE:
            return OF_NODE[kind]
        elif kind in RECTIFIERS and site.input_min == 0.0:
            return RECTIFIED
        elif kind not in SAME_NUMBERS:
            return None
    return None


def place(
    activation: Activation, site: LossSite, network: Network | None, source: Source | None
) -> tuple[Place | None, ...]:
    """Where the activation is applied and where it was made, as far as can be told."""
    layers = [
        layer
        for layer in (network.layers if network else ())
        if layer.kind in activation.kinds
        and layer.calls
        and _wide(layer.out_shape) == _wide(site.input_shape)
    ]
    last = max(layers, key=lambda layer: layer.order, default=None)
    if last is not None:
        if source is None or last.name.rpartition(".")[2].isdigit() or last.from_library:
            return (last.place, last.call_place)
        called = source.module_calls(last.name).called
        return (called[-1] if called else None, last.place)
    return (_call(activation, site, network, source),)


def _wide(shape: Shape | None) -> list[int]:
    """Without the batch and without dimensions of one, which squeeze may have taken away."""
    return [n for n in (shape or ())[1:] if n != 1]


def _call(
    activation: Activation, site: LossSite, network: Network | None, source: Source | None
) -> Place | None:
    if source is None:
        return None
    calls = source.calls_to(*(f"*.{name}" for name in activation.calls))
    around = source.enclosing_function(site.place) if site.place else None
    inside = around.qualname if around else "<module>"
    near = [
        c.place
        for c in calls
        if site.place
        and c.function == inside
        and c.place.path == site.place.path
        and c.place.line <= site.place.line
    ]
    kind = f"{network.kind}." if network else "\0"
    own = [c.place for c in calls if c.function.startswith(kind)]
    return next(iter([*near[-1:], *own[-1:]]), calls[0].place if len(calls) == 1 else None)
