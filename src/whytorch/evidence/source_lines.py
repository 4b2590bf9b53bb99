"""From a line of a file to what stands there: its statements, and the function around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from whytorch.evidence.source_nodes import walk
from whytorch.evidence.source_scopes import FileIndex

_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


class Lines:
    """The statements of one file by line. A compound statement covers its header only."""

    def __init__(self, index: FileIndex) -> None:
        self._statements: dict[int, list[tuple[ast.stmt, int]]] = {}
        for statement in _statements(index.file.tree):
            first, last = _extent(statement)
            for line in range(first, last + 1):
                self._statements.setdefault(line, []).append((statement, last))
        # Outer functions first, so that the last one that covers a line is the innermost.
        self._functions = [(_extent(node)[0], node) for node, _ in index.functions]

    def statements(self, line: int) -> list[tuple[ast.stmt, int]]:
        """The statements on this line, outer ones first, each with its (header's) last line."""
        return self._statements.get(line, [])

    def function(self, line: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost function that covers this line, decorators included."""
        around = [
            node for first, node in self._functions if first <= line <= (node.end_lineno or 0)
        ]
        return around[-1] if around else None


def assigned(statement: ast.stmt) -> Iterator[ast.expr]:
    """The targets a statement binds, part by part, walruses in it included."""
    yield from targets(statement)
    for part in _header(statement):
        for node in walk(part):
            if isinstance(node, ast.NamedExpr):
                yield node.target


def targets(statement: ast.AST) -> Iterator[ast.expr]:
    """The targets of an assignment, a loop or a with, a tuple's parts one by one."""
    given: Any = statement
    waiting: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        waiting = list(statement.targets)
    elif isinstance(
        statement, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.NamedExpr)
    ):
        waiting = [given.target]
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        waiting = [item.optional_vars for item in statement.items if item.optional_vars]
    while waiting:
        target = waiting.pop(0)
        if isinstance(target, (ast.Tuple, ast.List)):
            waiting[:0] = target.elts
        else:
            yield target.value if isinstance(target, ast.Starred) else target


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Every statement, outer ones first, in the order of the source."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):
            yield node  # type: ignore[misc]  # `except X:` is a line of its own as well
        for name in reversed(_BODIES):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                stack.extend(reversed(inner))


def _header(statement: ast.stmt) -> list[ast.AST]:
    """What a compound statement evaluates itself; all of a simple one."""
    if not hasattr(statement, "body"):
        return [statement]
    parts: list[ast.AST] = []
    for name in statement._fields:
        if name not in _BODIES:
            value = getattr(statement, name, None)
            parts += [
                part
                for part in (value if isinstance(value, list) else [value])
                if isinstance(part, ast.AST)
            ]
    return parts


def _extent(statement: ast.stmt) -> tuple[int, int]:
    """First and last line: of a compound statement, of its header with decorators."""
    if not hasattr(statement, "body"):
        return statement.lineno, statement.end_lineno or statement.lineno
    lines = [statement.lineno]
    for part in _header(statement):
        waiting: list[Any] = [part]
        while waiting:  # arguments and with-items have no line, their parts do
            node = waiting.pop()
            if hasattr(node, "lineno"):
                lines += [node.lineno, node.end_lineno or node.lineno]
            else:
                waiting.extend(ast.iter_child_nodes(node))
    return min(lines), max(lines)
