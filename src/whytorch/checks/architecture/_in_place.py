"""Which of the source's in-place operations changed the tensor that backward asked for.

Autograd names the operation that made the tensor, or the one that changed it: the candidate whose
own operation, or whose variable's last assignment, goes by that name is the one.
"""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.evidence.facts import CrashFacts, LayerFacts, Network
from whytorch.evidence.source import Assignment, Call, Source
from whytorch.records import Place

_SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_WRITES = ("copyslices", "copy", "fill", "indexput", "maskedfill")
# Autograd's names for what layers and functions are called in a source.
_ALSO = {
    "convolution": "conv", "nativebatchnorm": "batchnorm", "cudnnbatchnorm": "batchnorm",
    "addmm": "linear", "maxpool2dwithindices": "maxpool", "unsafeview": "view",
}  # fmt: skip
# What is added up in a training loop besides tensors of the graph: plain numbers.
_NUMBER = re.compile(r"\.item\(|\blen\(|\.size\(|\.shape\[|^\d+$|\.sum\(\)\.item")


class Operation(Struct, frozen=True):
    place: Place
    says: str
    fix: str
    sure: bool = False


class _Candidate(Struct, frozen=True):
    place: Place
    function: str
    variable: str | None  # None: a layer with inplace=True
    names: tuple[str, ...]  # how autograd may call the operation
    says: str
    fix: str


def find(
    source: Source | None,
    network: Network | None,
    crash: CrashFacts,
    node: str,
    shape: tuple[int, ...],
) -> Operation | None:
    """The operation that changed a tensor of this shape, made by the autograd node `node`."""
    if source is None:
        return None
    scored = [
        (_score(c, source, network, node, shape), c)
        for place in source.in_place_operations()
        if (c := _candidate(source, place)) and _ran(c, source, crash)
    ]
    if not scored:
        return None
    best, chosen = max(scored, key=lambda pair: pair[0])
    tied = [c for score, c in scored if score == best]
    return Operation(chosen.place, chosen.says, chosen.fix, sure=best >= 2 and len(tied) == 1)


def _candidate(source: Source, place: Place) -> _Candidate | None:
    for a in source.assignments:
        if a.place.path == place.path and a.place.line == place.line and a.value is not None:
            if a.augmented or any("[" in target for target in a.targets):
                return _of_assignment(source, a)
    call = source.call_at(place)
    return _of_call(call) if call is not None else None


def _of_assignment(source: Source, a: Assignment) -> _Candidate | None:
    assert a.value is not None
    target, value = a.targets[0], a.value.text
    variable = re.split(r"\[", target)[0]
    if a.augmented and _NUMBER.search(value) and not a.function.endswith("forward"):
        return None
    code = source.line(a.place.path, a.place.line) or ""
    sign = re.search(r"([-+*/])=", code)
    names = (_SIGNS.get(sign.group(1), ""),) if a.augmented and sign else ()
    if "[" in target:
        fix = f"write {variable} = {variable}.clone() before it, or torch.where(...) instead"
        return _Candidate(a.place, a.function, variable, names + _WRITES, f"{target} = ...", fix)
    operator = sign.group(1) if sign else "+"
    fix = f"write {variable} = {variable} {operator} {value}"
    return _Candidate(a.place, a.function, variable, names, f"{target} {operator}= ...", fix)


def _of_call(call: Call) -> _Candidate:
    made = call.name.startswith("torch.nn.") and "functional" not in call.name
    name = call.last.removesuffix("_")
    if "inplace" in call.keywords:
        variable = None if made else call.args[0].text if call.args else None
        fix = "leave out inplace=True"
    elif call.name.startswith("torch."):
        variable, fix = call.args[0].text if call.args else None, f"write {name} for {call.last}"
    else:
        variable, fix = call.raw.rpartition(".")[0], f"write {name} for {call.last}"
        if re.fullmatch(r"\w+", variable):
            fix = f"write {variable} = {variable}.{name}(...)"
    return _Candidate(call.place, call.function, variable, (name.lower(),), call.raw, fix)


def _ran(candidate: _Candidate, source: Source, crash: CrashFacts) -> bool:
    """Whether it stands in a network's methods, or in a function that led to the crash."""
    if candidate.variable is None:
        return True  # a layer: whether it ran is in its score
    owners = {c.qualname for c in source.classes if "forward" in c.methods}
    if candidate.function.rpartition(".")[0] in owners:
        return not candidate.function.endswith("__init__")
    called = [c.last for c in source.calls]
    own = candidate.function.rpartition(".")[2]
    return own in (*crash.functions, "<module>") or own in called


def _score(
    candidate: _Candidate,
    source: Source,
    network: Network | None,
    node: str,
    shape: tuple[int, ...],
) -> int:
    layer = _layer(candidate, network)
    if candidate.variable is None and (layer is None or not layer.calls):
        return -1
    score = 2 * (bool(node) and node in candidate.names)
    if layer is not None and network is not None:
        before = max(
            (x for x in network.layers if 0 <= x.order < layer.order),
            key=lambda x: x.order,
            default=None,
        )
        score += layer.in_shape == shape
        score += 2 * (before is not None and _same(node, before.kind.lower()))
    elif candidate.variable is not None:
        made = _last_made(candidate, source)
        score += 2 * _same(node, _made_by(made, network))
        score += made is not None and _read_between(made, candidate, source)
        score += candidate.function.endswith("forward")
    return score


def _layer(candidate: _Candidate, network: Network | None) -> LayerFacts | None:
    """The layer with inplace=True that was constructed on the candidate's line."""
    if candidate.variable is not None or network is None:
        return None
    for layer in network.layers:
        place = layer.place
        if layer.settings.get("inplace") and place is not None:
            if (place.path, place.line) == (candidate.place.path, candidate.place.line):
                return layer
    return None


def _last_made(candidate: _Candidate, source: Source) -> Assignment | None:
    """The last assignment of the variable before the operation, in the same function."""
    before = [
        a
        for a in source.assignments
        if a.function == candidate.function
        and a.place.path == candidate.place.path
        and a.place.line < candidate.place.line
        and candidate.variable in a.targets
        and a.value is not None
    ]
    return before[-1] if before else None


def _read_between(made: Assignment, candidate: _Candidate, source: Source) -> bool:
    """Whether something was computed from the variable before it was changed."""
    last = made.place.end_line or made.place.line
    lines = (source.line(made.place.path, n) or "" for n in range(last + 1, candidate.place.line))
    return any(re.search(rf"(?<![\w.]){re.escape(candidate.variable or '')}\b", x) for x in lines)


def _made_by(made: Assignment | None, network: Network | None) -> str:
    """What the variable was computed with last, in lower case, layers by their kind."""
    if made is None or made.value is None:
        return ""
    text = made.value.text
    used = re.search(r"self\.(\w+)\(", text)
    if used and text.startswith("self.") and network is not None:
        kinds = [x.kind for x in network.layers if x.name.split(".")[-1] == used.group(1)]
        return " ".join(kinds).lower() or text.lower()
    return text.lower()


def _same(node: str, text: str) -> bool:
    name = _ALSO.get(node, node)
    return bool(name) and name in text.replace("_", "")
