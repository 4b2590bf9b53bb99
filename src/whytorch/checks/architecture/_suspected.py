"""Which network's output the source gives to which loss, and in what that network ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from whytorch.evidence.source import Call, NetworkClass, Source
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
_MADE = re.compile(r"([A-Za-z_][\w.]*)\(.*\)", re.DOTALL)
_MOVED = re.compile(r"(\.(to|cuda|cpu|double|float|half|train|eval)\([^()]*\))+$")


@dataclass(frozen=True)
class Given:
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
    constructed = source.calls_to(*(f"*.{kind}" for kind in LOSS_MODULES))
    functions = source.calls_to(*(f"torch.nn.functional.{f}" for f in LOSS_MODULES.values()))
    if not constructed and not functions:
        return
    names: dict[str, set[str]] = {}
    for call in constructed:
        for name in source.names_assigned_at(call.place):
            names.setdefault(name, set()).add(LOSS_MODULES[call.last])
    calls = [(c.last, c) for c in functions]
    for call in source.calls:
        known = names.get(call.raw, set())
        if len(known) == 1 and len(call.args) >= 2:
            calls.append((next(iter(known)), call))
    made = _constructions(source)
    for loss, call in calls:
        model = _model_behind(source, call)
        if model in made:
            constructor = made[model]
            own = [n for n in source.networks if n.name == constructor.last]
            if len(own) == 1 or constructor.last == "Sequential":
                yield Given(loss, call.place, constructor, own[0] if own else None)


def _constructions(source: Source) -> dict[str, Call]:
    """Variable -> the one constructor call of a network it is ever given."""
    kinds = {n.name for n in source.networks} | {"Sequential"}
    calls: dict[str, list[Call]] = {}
    for call in source.calls:
        calls.setdefault(call.raw, []).append(call)
    found: dict[str, list[Call | None]] = {}
    for one in source.assignments:
        text = _MOVED.sub("", one.value.text) if one.value else ""
        head = _MADE.fullmatch(text)
        for target in one.targets:
            if head is None or head[1].rpartition(".")[2] not in kinds or len(one.targets) > 1:
                if not text.startswith((f"{target}.", f"nn.DataParallel({target}")):
                    found.setdefault(target, []).append(None)
                continue
            here = [c for c in calls.get(head[1], ()) if _inside(c, one.place)]
            found.setdefault(target, []).append(here[0] if here else None)
    return {n: c[0] for n, c in found.items() if len(c) == 1 and c[0] is not None}


def _inside(call: Call, place: Place) -> bool:
    last = place.end_line or place.line
    return call.place.path == place.path and place.line <= call.place.line <= last


def _model_behind(source: Source, call: Call) -> str | None:
    """The variable that is called to make what a loss is given first."""
    if not call.args:
        return None
    text = call.args[0].text
    if not re.fullmatch(r"[A-Za-z_]\w*", text):
        head = _MADE.fullmatch(text)
        return head[1] if head else None
    before = [
        a
        for a in source.assignments
        if text in a.targets
        and a.function == call.function
        and a.place.path == call.place.path
        and a.place.line <= call.place.line
    ]
    if not before or before[-1].value is None or before[-1].targets != (text,):
        return None
    head = _MADE.fullmatch(before[-1].value.text)
    return head[1] if head and not before[-1].augmented else None


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
        return _end_of_sequential(given.made, source.calls)
    network, forward = given.network, given.network.forward
    if forward is None:
        return None
    returns = [n for n in ast.walk(forward) if isinstance(n, ast.Return) and n.value is not None]
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
    stores = [n for n in ast.walk(forward) if isinstance(n, ast.Name) and n.id == value.id
              and isinstance(n.ctx, ast.Store) and n.lineno < line]  # fmt: skip
    last = max((n.lineno for n in stores), default=None)
    for statement in forward.body:
        if not isinstance(statement, ast.Assign) or statement.lineno != last:
            continue
        if len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
            return statement.value, statement.lineno
    return value, line
