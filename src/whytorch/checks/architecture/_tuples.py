"""Recurrent layers in the source whose tuple is used as a tensor."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.evidence.source import NetworkClass, Source
from whytorch.evidence.source_networks import is_own
from whytorch.records import Place

_RECURRENT = ("LSTM", "GRU", "RNN", "MultiheadAttention")
_NEED_TENSORS = ("Linear", "Conv1d", "Conv2d", "Dropout", "BatchNorm1d", "LayerNorm", "ReLU",
                 "LSTM", "GRU", "Flatten")  # fmt: skip
_FUNCTIONS = ("relu", "tanh", "sigmoid", "softmax", "dropout", "flatten", "mean", "squeeze")
_METHODS = ("view", "reshape", "size", "mean", "squeeze", "unsqueeze", "permute", "transpose",
            "contiguous", "flatten", "shape")  # fmt: skip


def used_as_tensors(source: Source) -> Iterator[tuple[str, str, str, Place, Place]]:
    """(layer as written, variable, its use, where the tuple is made, where it is used)."""
    if not source.calls_to(*(f"*.{kind}" for kind in _RECURRENT)):
        return
    for network in source.networks:
        forward = network.forward
        if forward is None:
            continue
        for position, statement in enumerate(forward.body):
            made = _tuple_made(network, statement)
            if made is None:
                continue
            used = _first_use(made[1], forward.body[position + 1 :])
            if used is not None and _needs_tensor(network, *used):
                use = network.text(used[1])
                yield (made[0], made[1], use, network.place(statement), network.place(used[1]))


def _tuple_made(network: NetworkClass, statement: ast.stmt) -> tuple[str, str] | None:
    """(self.lstm, x) of `x = self.lstm(...)`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, value = statement.targets[0], statement.value
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
        return None
    if not isinstance(value.func, ast.Attribute) or not is_own(value.func):
        return None
    layer = network.layers.get(value.func.attr)
    if layer is None or layer.last not in _RECURRENT or not layer.name.startswith(_KNOWN):
        return None
    return f"self.{value.func.attr}", target.id


_KNOWN = ("torch.nn.", "nn.")


def _first_use(name: str, body: list[ast.stmt]) -> tuple[str, ast.AST] | None:
    """(name, the expression around the first use of it), in straight code."""
    for statement in body:
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name]
        loads = [n for n in names if isinstance(n.ctx, ast.Load)]
        if not loads:
            continue
        if not isinstance(statement, (ast.Assign, ast.Return)):
            return None
        for outer in ast.walk(statement):
            if any(child in loads for child in ast.iter_child_nodes(outer)):
                return (name, outer) if outer is not statement else None
    return None


def _needs_tensor(network: NetworkClass, name: str, use: ast.AST) -> bool:
    if isinstance(use, ast.Subscript):  # x[:, -1]; x[0] takes the first of a tuple
        return isinstance(use.slice, ast.Tuple)
    if isinstance(use, ast.Attribute):
        return use.attr in _METHODS
    if not isinstance(use, ast.Call) or not use.args or not isinstance(use.args[0], ast.Name):
        return False
    if use.args[0].id != name:
        return False
    call = network.call(use)
    if isinstance(use.func, ast.Attribute) and is_own(use.func):
        layer = network.layers.get(use.func.attr)
        return layer is not None and layer.last in _NEED_TENSORS
    return call is not None and call.raw in {f"{m}.{f}" for m in ("F", "torch") for f in _FUNCTIONS}
