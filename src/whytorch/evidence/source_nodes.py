"""A faster `ast.walk`: the expressions and statements below a node, without contexts and operators.

Most of what a check of sources costs is walking over syntax trees.
"""

from __future__ import annotations

import ast
from typing import Any

_WITHOUT = {"ctx", "op", "ops", "kind", "type_comment"}
_LEAVES = (ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue)


def _fields(node: type[ast.AST]) -> tuple[str, ...]:
    """The fields that hold nodes; the others hold texts and numbers."""
    plain = {"id", "attr", "arg", "name", "asname", "level", "module", "conversion", "simple",
             "is_async", "rest", "kwd_attrs", "tag", "lineno", "names"}  # fmt: skip
    kept = set(node._fields) - _WITHOUT
    if issubclass(node, (ast.keyword, ast.arg, ast.alias, ast.Attribute)):
        kept -= plain
    elif issubclass(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        kept -= {"name"}
    elif issubclass(node, ast.ImportFrom):
        kept -= {"module", "level"}
    return tuple(name for name in node._fields if name in kept)


_FIELDS: dict[type, tuple[str, ...]] = {
    node: () if issubclass(node, _LEAVES) else _fields(node)
    for node in vars(ast).values()
    if isinstance(node, type) and issubclass(node, ast.AST)
}


def walk(node: ast.AST) -> list[ast.AST]:
    """The node and all below it, outer ones before inner ones, in no particular order."""
    found: list[Any] = [node]
    fields = _FIELDS
    for at in found:  # grows while it is read
        for name in fields[at.__class__]:
            value: Any = getattr(at, name, None)
            kind = value.__class__
            if kind is list:
                if value:
                    found += [one for one in value if one.__class__ in fields]
            elif kind in fields:
                found.append(value)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node."""
    found: list[Any] = []
    fields = _FIELDS
    for name in fields[node.__class__]:
        value: Any = getattr(node, name, None)
        kind = value.__class__
        if kind is list:
            if value:
                found += [one for one in value if one.__class__ in fields]
        elif kind in fields:
            found.append(value)
    return found
