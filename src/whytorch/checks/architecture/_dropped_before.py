"""A result that was stored where nobody reads it, in front of the line that stopped on a shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from whytorch.checks.architecture._dropped import RESHAPES
from whytorch.evidence.facts import CrashFacts
from whytorch.evidence.source import NetworkClass, Source
from whytorch.evidence.source_networks import is_own
from whytorch.records import Place

_ON_SHAPES = re.compile(r"shape|size|channels|dimension|mat1", re.IGNORECASE)
_NOT_ON_SHAPES = re.compile(r"device|dtype|scalar type|cuda|memory", re.IGNORECASE)
_RESIZES = (*RESHAPES, "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "interpolate", "pad",
            "conv2d", "linear", "unfold", "mean", "cat")  # fmt: skip
# What comes out of these has the shape of what went in: to drop it stops nothing.
_KEEPS_SHAPE = re.compile(
    r"ReLU|ELU|SiLU|Sigmoid|Tanh|Softmax|Mish|Hardswish|Norm|Dropout|Identity|DropPath"
)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


class Before(Struct, frozen=True):
    """`name` = `what`, computed from `given`, which went on in its place."""

    what: str
    name: str | None
    given: str
    place: Place
    stopped: Place


def dropped_before(crash: CrashFacts, source: Source, network: str) -> Before | None:
    """The last such statement in the functions that the crash lies in, the innermost first; else
    in the forward of another part of the network. `network`: the class that was run."""
    if not _ON_SHAPES.search(crash.message) or _NOT_ON_SHAPES.search(crash.message):
        return None
    inside = [(f, place) for place in reversed(crash.frames) if (f := _function(source, place))]
    known = [id(f) for f, _ in inside]
    for part in _parts(network, source):
        forward = part.forward
        if forward is not None and id(forward) not in known:
            inside.append((forward, _end(part.place(forward), forward)))
    for function, stopped in inside:
        if _may_be_read_elsewhere(function):
            continue
        kinds = _kinds(function, source)
        found = [b for b in _dropped(function, stopped, kinds) if _goes_on(function, b)]
        if found:
            return found[-1]
    return None


def _parts(network: str, source: Source) -> list[NetworkClass]:
    """The user's class of a network, and those of its parts."""
    names, found = [network], []
    for name in names:
        own = [n for n in source.networks if n.name == name]
        found += own
        names += [c.last for n in own for c in n.layers.values() if c.last not in names]
    return found


def _end(place: Place, function: ast.FunctionDef) -> Place:
    return Place(path=place.path, line=(function.end_lineno or function.lineno) + 1)


def _function(source: Source, place: Place) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The innermost function around a line."""
    file = source.file(place.path)
    around = [
        node
        for node in (ast.walk(file.tree) if file is not None else ())
        if isinstance(node, _Function)
        and node.lineno <= place.line <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda n: n.lineno, default=None)


def _may_be_read_elsewhere(function: ast.AST) -> bool:
    """By a function within, or by what takes all names."""
    return any(
        (isinstance(n, (*_Function, ast.Lambda)) and n is not function)
        or (isinstance(n, ast.Name) and n.id in ("locals", "vars", "eval", "exec"))
        or isinstance(n, (ast.Global, ast.Nonlocal))
        for n in ast.walk(function)
    )


def _kinds(function: ast.AST, source: Source) -> dict[str, str]:
    """The classes of the layers that its network has: {"conv1": "Conv2d"}."""
    own = [n for n in source.networks if n.forward is function]
    return {name: call.last for n in own for name, call in n.layers.items()}


def _dropped(function: ast.AST, stopped: Place, kinds: dict[str, str]) -> Iterator[Before]:
    for node in sorted(_statements(function), key=lambda n: n.lineno):
        value, name = node.value, None
        if isinstance(node, ast.Assign):
            if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
                continue
            name = node.targets[0].id
        given = _given(value) if isinstance(value, ast.Call) and _resizes(value, kinds) else None
        ends = node.end_lineno or node.lineno
        if given is None or given == name or ends >= stopped.line or _reads(function, name, node):
            continue
        place = Place(path=stopped.path, line=node.lineno)
        yield Before(_short(ast.unparse(value)), name, given, place, stopped)


def _statements(function: ast.AST) -> Iterator[ast.Assign | ast.Expr]:
    return (n for n in ast.walk(function) if isinstance(n, (ast.Assign, ast.Expr)))


def _resizes(value: ast.Call, kinds: dict[str, str]) -> bool:
    """Whether something in it may change the shape: a layer of the network's own, a reshape."""
    calls = [n for n in ast.walk(value) if isinstance(n, ast.Call)]
    if any(k.arg in ("out", "inplace") for c in calls for k in c.keywords):
        return False
    return any(
        not _KEEPS_SHAPE.search(kinds.get(_last(c.func), ""))
        if is_own(c.func)
        else _last(c.func) in _RESIZES
        for c in calls
    )


def _given(value: ast.Call) -> str | None:
    """The one variable that the whole is computed from."""
    called = {id(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)}
    owners = {
        id(n.value)
        for n in ast.walk(value)
        if isinstance(n, ast.Attribute) and (id(n) not in called or _is_module(n.value))
    }
    names = {
        n.id
        for n in ast.walk(value)
        if isinstance(n, ast.Name) and id(n) not in called and id(n) not in owners
    } - {"self"}
    return names.pop() if len(names) == 1 else None


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "F", "torch", "nn", "np")


def _reads(function: ast.AST, name: str | None, statement: ast.stmt) -> bool:
    """Whether the function reads the name anywhere but in the statement itself."""
    inside = set(map(id, ast.walk(statement)))
    return name is not None and any(
        isinstance(n, ast.Name)
        and n.id == name
        and isinstance(n.ctx, ast.Load)
        and id(n) not in inside
        for n in ast.walk(function)
    )


def _goes_on(function: ast.AST, before: Before) -> bool:
    """Whether what the result was computed from is used again, up to the line that stopped."""
    return any(
        isinstance(n, ast.Name)
        and n.id == before.given
        and isinstance(n.ctx, ast.Load)
        and before.place.line < n.lineno <= before.stopped.line
        for n in ast.walk(function)
    )


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
