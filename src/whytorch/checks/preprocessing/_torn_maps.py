"""Feature maps that a view takes for rows of features, one a place, or the other way round."""

from __future__ import annotations

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._learning import Learning
from whytorch.checks._mending import owner
from whytorch.checks._rewriting import calls_here, told
from whytorch.evidence.facts import LayerFacts, Network, Shape
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

# What reads [N, places, numbers] row by row; and maps [N, C, H, W].
_BY_ROWS = ("Linear", "LayerNorm", "MultiheadAttention", "Transformer", "LSTM", "GRU", "RNN")
_BY_MAPS = ("Conv", "BatchNorm2d", "MaxPool", "AvgPool", "AdaptiveAvgPool", "Upsample",
            "InstanceNorm", "GroupNorm")  # fmt: skip


def torn_maps(network: Network | None, source: Source | None, outcome: Learning) -> Finding | None:
    for before, after in network.torn if network is not None else ():
        kinds = _BY_ROWS if len(after) == 3 else _BY_MAPS
        readers = [x for x in network.layers if _reads(x, after, kinds)] if network else []
        reader = min(readers, key=lambda x: x.order, default=None)
        if reader is None or network is None:
            continue
        return _finding(before, after, reader, _written(network, reader, after, source), outcome)
    return None


def _reads(layer: LayerFacts, shape: Shape, kinds: tuple[str, ...]) -> bool:
    """Given just that; of rows the places may have been put in front of the samples."""
    given = layer.in_shape or ()
    if not layer.calls or not layer.kind.startswith(kinds) or len(given) != len(shape):
        return False
    if len(shape) == 4:
        return given[1:] == shape[1:]
    return given[-1] == shape[-1] and shape[1] in given[:-1]


def _finding(
    before: Shape, after: Shape, reader: LayerFacts, where: Place | None, outcome: Learning
) -> Finding:
    rows = len(after) == 3
    name = layer_name(reader.name, reader.kind)
    told = ["x".join(map(str, shape[1:])) for shape in (before, after)]
    takes = "rows, each the features of one place" if rows else "maps, a channel each"
    return Finding(
        title="Feature maps torn by a view",
        says=f"a view makes {told[1]} of {told[0]} within the network, and {name} takes these for "
        f"{takes}; a view leaves the numbers in their order, so that each holds a stretch of "
        f"{'one or a few channels' if rows else 'a few rows'}{outcome.reached()}",
        places=places(where, reader.call_place),
        severity="error" if outcome.failed else "warning",
        confidence=0.92,
        measured={"before": list(before), "after": list(after)},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
        fix=Fix(_right(before, after)),
    )


def _right(before: Shape, after: Shape) -> str:
    if len(after) == 4:
        height = ", ".join(map(str, after[2:]))
        return f"write x.transpose(1, 2).reshape(x.size(0), -1, {height})"
    if after[2] == before[1]:
        return "write x.flatten(2).transpose(1, 2)"
    order = "0, 3, 1, 2" if after[1] == before[3] else "0, 2, 1, 3"
    return f"write x.permute({order}).flatten(2)"


def _written(
    network: Network, reader: LayerFacts, after: Shape, source: Source | None
) -> Place | None:
    """The last view in front of the line that reads it, of as many sizes."""
    at = reader.call_place
    calls = source.calls_to("*.view", "*.reshape", "*.Unflatten", "*.unflatten") if source else ()
    fitting = [c for c in calls if _sizes(c) == len(after) and at and c.place.path == at.path]
    before = [c for c in fitting if at is not None and c.place.line <= at.line]
    within = [c for c in before if source and at and _alike(source, c, at)]
    found = within or before or fitting
    return max((c.place for c in found), key=lambda p: p.line, default=None)


def _sizes(call: Call) -> int:
    if len(call.args) == 1:
        return call.args[0].text.count(",") + 1
    return len(call.args)


def _alike(source: Source, call: Call, at: Place) -> bool:
    return source.enclosing_function(call.place) == source.enclosing_function(at)


def untorn(finding: Finding, source: Source) -> list[AnyEdit]:
    """The view gives way to what moves the dimensions."""
    right = told(finding).removeprefix("write x")
    for call in calls_here(finding, source, "reshape", "view"):
        array = owner(call)
        if not array or array in ("torch", "np", "einops"):
            continue
        given = ", ".join(a.text for a in call.args)
        new = array + right.replace("x.size(0)", f"{array}.size(0)")
        return [ReplaceExpression(call.place, old=f"{call.raw}({given})", new=new)]
    return []
