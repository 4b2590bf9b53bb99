"""Updates that the script writes itself: `p -= rate * p.grad`, and the gradient cleared behind."""

from __future__ import annotations

import ast

from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, InsertAfter, Place


def cleared_behind(source: Source) -> list[AnyEdit]:
    """`p.grad = None` right behind each update of a name by its own gradient."""
    return [
        InsertAfter(Place(file.path, node.lineno), code=f"{name}.grad = None")
        for file in source.files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.stmt) and (name := _updated(node))
    ]


def _updated(node: ast.stmt) -> str:
    """`p` of `p -= rate * p.grad` and of `p.data.add_(p.grad, alpha=-rate)`; else empty."""
    target: ast.expr | None = None
    if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Sub, ast.Add)):
        target = node.target
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr in ("add_", "sub_"):
            target = function.value
    if isinstance(target, ast.Attribute) and target.attr == "data":
        target = target.value
    if not isinstance(target, ast.Name):
        return ""
    own = f"{target.id}.grad"
    uses = any(isinstance(n, ast.Attribute) and ast.unparse(n) == own for n in ast.walk(node))
    return target.id if uses else ""
