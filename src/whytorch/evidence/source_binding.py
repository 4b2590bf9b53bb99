"""How the walk over a syntax tree goes on, and how an assignment binds its targets."""

from __future__ import annotations

import ast
from typing import Any

from whytorch.evidence.source_scopes import Binding, Block, FileIndex, Scope

_NOT_NODES = {"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "conversion", "is_async"}
_NOT_NODES |= {"lineno", "simple", "level", "module", "rest", "kwd_attrs", "asname", "tag"}
_LEAVES = {ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, str, int, bool, type(None)}
_CHILDREN: dict[type, tuple[str, ...]] = {
    node: tuple(name for name in reversed(node._fields) if name not in _NOT_NODES)
    for node in vars(ast).values()
    if isinstance(node, type) and issubclass(node, ast.AST)
}


class Binder:
    """The stack of nodes still to visit, each with its block, and what is done to names."""

    def __init__(self, index: FileIndex) -> None:
        self.index = index
        self._stack: list[tuple[ast.AST, Block]] = []
        self._several: list[list[Binding]] = []  # names bound more than once

    def _push(self, nodes: Any, block: Block) -> None:
        """To be visited next, in this order, before what was pushed earlier."""
        if nodes.__class__ is list:
            if nodes:
                self._stack += [(n, block) for n in reversed(nodes) if n.__class__ not in _LEAVES]
        elif nodes.__class__ not in _LEAVES:
            self._stack.append((nodes, block))

    def _children(self, node: ast.AST, block: Block) -> None:
        stack = self._stack
        for name in _CHILDREN[node.__class__]:
            value: Any = getattr(node, name, None)
            kind = value.__class__
            if kind is list:
                if value:
                    stack += [(n, block) for n in reversed(value) if n.__class__ not in _LEAVES]
            elif kind not in _LEAVES:
                stack.append((value, block))

    def _bind(self, name: str, kind: str, value: Any, anchor: ast.AST, block: Block) -> None:
        scope = block.scope
        if scope.elsewhere:
            scope = scope.elsewhere.get(name, scope)
        self._add(scope, name, Binding(kind, value, anchor, block))

    def _add(self, scope: Scope, name: str, binding: Binding) -> None:
        known = scope.bindings.get(name)
        if known is None:
            scope.bindings[name] = [binding]
            return
        known.append(binding)
        if len(known) == 2:
            self._several.append(known)

    def _target(self, target: ast.AST, block: Block, anchor: ast.AST | None = None) -> None:
        """Binds the names in an assignment's target whose values are not known."""
        waiting = [target]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):
                self._bind(node.id, "other", None, anchor or node, block)
            elif isinstance(node, (ast.Tuple, ast.List)):
                waiting += node.elts
            elif isinstance(node, ast.Starred):
                waiting.append(node.value)
            elif isinstance(node, (ast.Attribute, ast.Subscript)):
                self.index.stores.append((node, None, anchor or node, block))
                self._push(node, block)

    def _store(self, target: ast.expr, value: ast.expr, node: ast.AST, block: Block) -> None:
        """Binds an assignment's target to the expression on its right, part by part."""
        if isinstance(target, ast.Name):
            self._bind(target.id, "value", value, node, block)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self.index.stores.append((target, value, node, block))
            self._push(target, block)
        elif isinstance(target, (ast.Tuple, ast.List)) and not any(
            isinstance(part, ast.Starred) for part in target.elts
        ):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else ()
            same = len(parts) == len(target.elts)
            same = same and not any(isinstance(part, ast.Starred) for part in parts)
            for position, part in enumerate(target.elts):
                if same and isinstance(part, (ast.Name, ast.Attribute, ast.Subscript)):
                    self._store(part, parts[position], node, block)
                elif isinstance(part, ast.Name):
                    self._bind(part.id, "item", (value, position), node, block)
                else:
                    self._target(part, block, node)
        else:
            self._target(target, block, node)

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The dotted name after `from`, made absolute by the module's own."""
        if not node.level:
            return node.module or ""
        own = next(iter(self.index.file.modules), "").split(".")
        up = node.level - (self.index.file.absolute.name == "__init__.py")
        package = own[: len(own) - up] if up <= len(own) else []
        return ".".join([*package, *([node.module] if node.module else [])])
