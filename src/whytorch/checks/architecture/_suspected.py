"""Which network's output the source gives to which loss, and in what that network ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from whytorch.evidence.source import Call, NetworkClass, Source
from whytorch.evidence.source_look import Instance, Look, look
from whytorch.evidence.source_losses import loss_calls
from whytorch.evidence.source_nodes import walk
from whytorch.evidence.source_scopes import Block
from whytorch.records import Place

LOSS_MODULES = {"CrossEntropyLoss": "cross_entropy",
                "BCEWithLogitsLoss": "binary_cross_entropy_with_logits"}  # fmt: skip
_CUTS = {
    "relu": ("ReLU", "no score can fall below 0"),
    "ReLU": ("ReLU", "no score can fall below 0"),
    "sigmoid": ("sigmoid", "no score can leave 0 to 1"),
    "Sigmoid": ("sigmoid", "no score can leave 0 to 1"),
    "tanh": ("tanh", "no score can leave -1 to 1"),
    "Tanh": ("tanh", "no score can leave -1 to 1"),
}
_LAYERS = ("Linear", "Conv2d", "Conv1d", "LazyLinear")


class Given(Struct, frozen=True):
    """A loss call, and the constructor of the network whose output it is given."""

    loss: str
    used: Place
    made: Call
    network: NetworkClass | None  # None for nn.Sequential(...)


def losses_of_networks(source: Source) -> list[Given]:
    """Where it is beyond doubt which network's output goes straight into which loss."""
    known = source.__dict__.get("_losses_of_networks")  # several checks ask
    if known is None:
        known = source.__dict__["_losses_of_networks"] = list(_losses_of_networks(source))
    return known


def _losses_of_networks(source: Source) -> Iterator[Given]:
    seen = look(source)
    for layer, loss in LOSS_MODULES.items():
        for call in loss_calls(seen, loss, layer):
            made = _network_behind(seen, call.block, call.given)
            constructor = seen.call(made.node) if made is not None else None
            if constructor is None:
                continue
            own = [n for n in source.networks if n.name == constructor.last]
            if len(own) == 1 or constructor.last == "Sequential":
                used = seen.place(call.block, call.node)
                yield Given(loss, used, constructor, own[0] if own else None)


def _inside(call: Call, place: Place) -> bool:
    last = place.end_line or place.line
    return call.place.path == place.path and place.line <= call.place.line <= last


def _network_behind(seen: Look, block: Block, given: ast.expr) -> Instance | None:
    """The network whose call makes what a loss is given, straight or through one variable."""
    origin = seen.trace(block, given, hops=1)
    node = origin.node
    if not origin.exact or not isinstance(node, ast.Call):
        return None
    if not isinstance(node.func, (ast.Name, ast.Attribute)):
        return None
    return seen.instance(origin.block, node.func)


# --- in what a network ends ----------------------------------------------------------------------


def activation_before_loss(
    source: Source,
) -> Iterator[tuple[str, str, str, str, Place, Place]]:
    """(loss, network, activation, what it cuts, where, loss's place)."""
    for given in losses_of_networks(source):
        end = _end_of(given, source)
        if end is None or (given.loss.startswith("binary") and end[0] in ("sigmoid", "Sigmoid")):
            continue
        name, cuts = _CUTS[end[0]]
        yield given.loss, given.made.last, name, cuts, end[1], given.used


def _end_of(given: Given, source: Source) -> tuple[str, Place] | None:
    if given.network is None:
        return _end_of_sequential(given.made, source.calls_to(*(f"*.{kind}" for kind in _CUTS)))
    network, forward = given.network, given.network.forward
    if forward is None:
        return None
    returns = [n for n in walk(forward) if isinstance(n, ast.Return) and n.value is not None]
    ends = [_end(network, forward, r.value, r.lineno) for r in returns if r.value is not None]
    return ends[0] if ends and all(ends) else None


def _end_of_sequential(made: Call, calls: Iterable[Call]) -> tuple[str, Place] | None:
    """nn.Sequential(..., nn.Linear(...), nn.ReLU())"""
    kinds = [re.match(r"[\w.]*?(\w+)\(", a.text) for a in made.args[-2:]]
    if len(kinds) < 2 or kinds[0] is None or kinds[1] is None:
        return None
    if kinds[0][1] not in _LAYERS or kinds[1][1] not in _CUTS:
        return None
    inside = [c for c in calls if c.last == kinds[1][1] and _inside(c, made.place)]
    return kinds[1][1], inside[-1].place if inside else made.place


def _end(
    network: NetworkClass, forward: ast.FunctionDef, value: ast.expr, line: int
) -> tuple[str, Place] | None:
    """The activation that this expression is, of a layer's output."""
    value, line = _resolved(forward, value, line)
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr not in ("squeeze", "view", "reshape", "flatten"):
            break
        value, line = _resolved(forward, value.func.value, line)
    call = network.call(value)
    if call is None or not isinstance(value, ast.Call):
        return None
    own = network.layers.get(call.raw.removeprefix("self.")) if "self." in call.raw else None
    kind = own.last if own is not None else call.last
    if kind == "Sequential" and own is not None:
        return _end_of_sequential(own, network.calls)
    if kind not in _CUTS:
        return None
    inner = value.args[0] if value.args else None
    if inner is None and isinstance(value.func, ast.Attribute):
        inner = value.func.value  # x.relu()
    inner, _ = _resolved(forward, inner, line) if inner is not None else (None, 0)
    made = network.call(inner) if inner is not None else None
    layer = network.layers.get(made.raw.removeprefix("self.")) if made is not None else None
    if layer is None or layer.last not in _LAYERS:
        return None
    return kind, network.place(value)


def _resolved(forward: ast.FunctionDef, value: ast.expr, line: int) -> tuple[ast.expr, int]:
    """The value of a name in straight code, just before a line."""
    if not isinstance(value, ast.Name):
        return value, line
    stores = [n for n in walk(forward) if isinstance(n, ast.Name) and n.id == value.id
              and isinstance(n.ctx, ast.Store) and n.lineno < line]  # fmt: skip
    last = max((n.lineno for n in stores), default=None)
    for statement in forward.body:
        if not isinstance(statement, ast.Assign) or statement.lineno != last:
            continue
        if len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
            return statement.value, statement.lineno
    return value, line
