"""Something that is put behind a layer which stands in an `nn.Sequential`."""

from __future__ import annotations

import ast

from whytorch.checks._rewriting import at, text
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Place, ReplaceExpression

_FILLERS = ("Identity",)


def rectified_behind(source: Source, place: Place, name: str) -> list[AnyEdit]:
    """`nn.ReLU()` behind the layer `name` ("body.3": the fourth) of the Sequential that holds the
    line `place`; in the place of an Identity, if one follows."""
    index = name.rpartition(".")[2]
    call = _sequential(source, place)
    if call is None or not index.isdigit() or int(index) >= len(call.args):
        return []
    if any(isinstance(a, ast.Starred) for a in call.args):
        return []
    layer = call.args[int(index)]
    if not isinstance(layer, ast.Call) or not isinstance(layer.func, ast.Attribute):
        return []
    new = f"{ast.unparse(layer.func.value)}.ReLU()"
    following = call.args[int(index) + 1 : int(index) + 2]
    filler = following[0] if following and _is_filler(following[0]) else None
    old = text(source, place, filler or layer)
    written = new if filler is not None else f"{old}, {new}"
    return [ReplaceExpression(at(place, filler or layer), old=old, new=written)]


def _is_filler(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _FILLERS
    )


def _sequential(source: Source, place: Place) -> ast.Call | None:
    """The innermost one around a line."""
    file = source.file(place.path)
    found = [
        node
        for node in (ast.walk(file.tree) if file is not None else ())
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] == "Sequential"
        and node.lineno <= place.line <= (node.end_lineno or 0)
    ]
    return max(found, key=lambda n: (n.lineno, n.col_offset), default=None)
