"""A transformer's patches that are none: a view deals the image's numbers out to the tokens."""

from __future__ import annotations

from whytorch.checks._helpers import layer_name, places
from whytorch.evidence.facts import DataFlow, LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_TAKE_TIME = ("RNN", "LSTM", "GRU")  # a row of numbers in pieces is a task of its own
_VIEWS = ("view", "reshape", "flatten", "rearrange")


def decide(data: DataFlow, network: Network | None, source: Source | None) -> Finding | None:
    seen = data.entering("train")
    if seen is None or seen.first_layer is None or seen.order_kept is not True or network is None:
        return None
    given, taken = seen.model.shape, seen.first_layer.shape
    if len(given) != 4 or len(taken) != 3 or seen.first_layer_kind in _TAKE_TIME:
        return None
    if any(layer.kind in _TAKE_TIME for layer in network.layers):
        return None
    first = next((x for x in network.layers if x.name == seen.first_layer_name), None)
    return Finding(
        says=f"the images {list(given)} reach {_named(first)} as {list(taken)}: as many tokens as "
        "there are patches, and none of them is a square of the image; the view deals out the "
        "numbers in the order in which they lie, across rows and channels",
        places=places(_view(first, source), first.call_place if first else None, seen.place),
        severity="warning",
        confidence=0.9,
        measured={"given": list(given), "tokens": list(taken)},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
        fix=Fix("write x.reshape(B, C, H // p, p, W // p, p).permute(0, 2, 4, 1, 3, 5) and then "
                ".reshape(B, -1, C * p * p), or nn.Conv2d(C, width, kernel_size=p, stride=p)"),
    )  # fmt: skip


def _named(layer: LayerFacts | None) -> str:
    return layer_name(layer.name, layer.kind) if layer is not None else "the first layer"


def _view(layer: LayerFacts | None, source: Source | None) -> Place | None:
    """The last view in front of the layer's call, in the same function."""
    called = layer.call_place if layer is not None else None
    around = source.enclosing_function(called) if source is not None and called else None
    if source is None or called is None or around is None:
        return None
    near = [
        c.place
        for c in source.calls
        if c.last in _VIEWS
        and c.place.path == called.path
        and around.place.line <= c.place.line <= called.line
    ]
    return max(near, key=lambda p: p.line, default=None)
