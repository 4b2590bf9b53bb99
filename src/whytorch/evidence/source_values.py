"""What an argument comes to: a constant where the source settles it, a resolved name, or text."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from whytorch.evidence.source_arguments import UNKNOWN, compute, convert, option_value
from whytorch.evidence.source_facts import Value
from whytorch.evidence.source_flow import Flow
from whytorch.evidence.source_scopes import Block

_DEEPEST = 40
_MOST = 10_000  # elements; a longer literal is data


class Values:
    def __init__(self, flow: Flow, args: Sequence[str]) -> None:
        self._flow, self._args = flow, args
        self._known: dict[tuple[Block, ast.expr], Any] = {}

    def value(self, block: Block, node: ast.expr) -> Value:
        """The expression as a `Value`."""
        text = block.scope.index.text.segment(node)
        constant = self.constant(block, node)
        if constant is not UNKNOWN:
            return Value(text, None, constant, True)
        named = isinstance(node, (ast.Name, ast.Attribute))
        return Value(text, self._flow.names.dotted(block, node) if named else None)

    def constant(self, block: Block, node: ast.expr, depth: int = 0) -> Any:
        """The Python constant it is sure to be, or UNKNOWN."""
        if isinstance(node, ast.Constant):
            return node.value
        key = (block, node)
        if key not in self._known:
            self._known[key] = UNKNOWN  # what is defined by itself stays unknown
            self._known[key] = self._evaluate(block, node, depth) if depth < _DEEPEST else UNKNOWN
        return self._known[key]

    def _evaluate(self, block: Block, node: ast.expr, depth: int) -> Any:
        if isinstance(node, ast.UnaryOp):
            return _unary(node.op, self.constant(block, node.operand, depth + 1))
        if isinstance(node, ast.BinOp):
            left = self.constant(block, node.left, depth + 1)
            right = UNKNOWN if left is UNKNOWN else self.constant(block, node.right, depth + 1)
            return UNKNOWN if right is UNKNOWN else compute(node.op, left, right)
        if isinstance(node, (ast.Tuple, ast.List)):
            return self._elements(block, node.elts, depth)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            return self._traced(block, node, depth)
        return UNKNOWN

    def _elements(self, block: Block, nodes: list[ast.expr], depth: int) -> Any:
        values = []
        for node in nodes[:_MOST]:
            values.append(self.constant(block, node, depth + 1))
            if values[-1] is UNKNOWN:
                return UNKNOWN
        return tuple(values) if len(nodes) <= _MOST else UNKNOWN

    def _traced(self, block: Block, node: ast.expr, depth: int) -> Any:
        origin = self._flow.trace(block, node)
        if not origin.exact:
            return UNKNOWN
        found = origin.node
        if isinstance(found, ast.Call):
            if isinstance(found.func, ast.Attribute) and found.func.attr == "add_argument":
                return option_value(found, origin.block, self._args, self.constant)
            plain = len(found.args) == 1 and not found.keywords
            name = self._flow.names.target(origin.block, found.func) if plain else None
            if name in ("int", "float"):
                return convert(name, self.constant(origin.block, found.args[0], depth + 1))
            return UNKNOWN
        if found is node or isinstance(found, (ast.Name, ast.Attribute, ast.Subscript)):
            return UNKNOWN
        return self.constant(origin.block, found, depth + 1)


def _unary(operation: ast.unaryop, value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(operation, ast.Not):
        return not value
    if not isinstance(value, (int, float)):
        return UNKNOWN
    if isinstance(operation, ast.USub):
        return -value
    return +value if isinstance(operation, ast.UAdd) else UNKNOWN
