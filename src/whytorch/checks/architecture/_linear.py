"""Classifiers in the source of which every part is linear."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from whytorch.checks.architecture._suspected import losses_of_networks
from whytorch.evidence.source import Call, NetworkClass, Source
from whytorch.records import Place

_LINEAR = ("Linear", "Conv1d", "Conv2d")
_HARMLESS = ("Flatten", "Dropout", "Dropout2d", "Identity", "BatchNorm1d", "BatchNorm2d",
             "AvgPool2d", "AdaptiveAvgPool2d")  # fmt: skip
_METHODS = ("view", "reshape", "flatten", "size", "squeeze", "unsqueeze", "float", "dropout")
_NODES = (ast.Assign, ast.Return, ast.Name, ast.Call, ast.Attribute, ast.Constant, ast.expr_context,
          ast.UnaryOp, ast.USub, ast.BinOp, ast.Mult, ast.keyword, ast.Expr, ast.Subscript,
          ast.arguments, ast.arg)  # fmt: skip


def linear_stacks(source: Source) -> Iterator[tuple[str, str, str, Place, Place]]:
    """(network, layer, the next layer, where the first is called, where its loss is)."""
    for given in losses_of_networks(source):
        network = given.network
        if network is None or network.forward is None:
            continue
        if not all(_is_plain(n) for s in network.forward.body for n in ast.walk(s)):
            continue  # whatever else it does may bend
        called = _linear_calls(network, network.forward)
        for (one, first), (other, second) in pairwise(called):
            widths = _widths(first, second)
            if widths is not None and widths[1] >= min(widths[0], widths[2]):
                name = one.raw.removeprefix("self.")
                yield network.name, name, other.raw.removeprefix("self."), one.place, given.used
                break


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):  # 16 * 4 * 4 in a view; x * gate bends
        return not any(isinstance(n, ast.Name) for n in ast.walk(node))
    return isinstance(node, _NODES)


def _linear_calls(network: NetworkClass, forward: ast.FunctionDef) -> list[tuple[Call, Call]]:
    """(call, constructor) of the linear layers, in order; empty if anything else is called."""
    found = []
    for node in ast.walk(forward):
        if not isinstance(node, ast.Call):
            continue
        call = network.call(node)
        if call is None:
            return []
        layer = network.layers.get(call.raw.removeprefix("self.")) if "self." in call.raw else None
        if layer is not None and layer.last in _LINEAR and layer.name.startswith("torch.nn."):
            found.append((node.end_lineno or 0, node.end_col_offset or 0, call, layer))
        elif layer is not None and layer.last in _HARMLESS:
            continue
        elif call.last not in _METHODS or call.raw.startswith("self."):
            return []
    return [(call, layer) for *_, call, layer in sorted(found, key=lambda f: f[:2])]


def _widths(first: Call, second: Call) -> tuple[int, int, int] | None:
    """Numbers that enter, go between and leave, if all are constants and the two fit."""
    if first.last != "Linear" or second.last != "Linear":
        return None
    sizes = [c.argument(n) for c in (first, second) for n in ("in_features", "out_features")]
    known = [s.constant for s in sizes if s is not None and isinstance(s.constant, int)]
    if len(known) < 4 or known[1] != known[2]:
        return None
    return known[0], known[1], known[3]
