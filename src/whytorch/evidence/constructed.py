"""Where layers were constructed that were there before the recorder, as their class's source says.

The recorder notes the line when a layer is made. Of a network that is handed over whole, the line
is found where its class assigns the layer: `self.fc = nn.Linear(128, 10)`.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from typing import Any

from whytorch.evidence.recorder.places import is_user_file


def note(model: Any, recorder: Any) -> None:
    """Tell the recorder of the layers of `model`; what cannot be found out is left open."""
    for owner in model.modules():
        for layer, path, line in _assigned(owner):
            recorder.modules.made.setdefault(layer, {"path": path, "line": line})


def _assigned(owner: Any) -> Iterator[tuple[Any, str, int]]:
    code = getattr(type(owner).__init__, "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return
    path = code.co_filename
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return
    values = _values(tree, code.co_firstlineno)
    for name, layer in owner.named_children():
        if (value := values.get(name)) is not None:
            yield from _parts(layer, value, path)


def _values(tree: ast.Module, line: int) -> dict[str, ast.expr]:
    """What the constructor that begins on `line` assigns to attributes of its first argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == line and node.args.args:
                return dict(_assignments(node, node.args.args[0].arg))
    return {}


def _assignments(function: ast.FunctionDef, own: str) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    if target.value.id == own:
                        yield target.attr, node.value


def _parts(layer: Any, value: ast.expr, path: str) -> Iterator[tuple[Any, str, int]]:
    """The layer, and those that stand as arguments in the same call: of nn.Sequential(...)."""
    yield layer, path, value.lineno
    inner = list(layer.children()) if type(layer).__name__ == "Sequential" else []
    if isinstance(value, ast.Call) and len(value.args) == len(inner):
        for part, argument in zip(inner, value.args, strict=True):
            if isinstance(argument, ast.Call):
                yield from _parts(part, argument, path)
