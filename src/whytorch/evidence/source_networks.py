"""The networks that a source defines: classes of torch modules, their layers and their forward."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from whytorch.evidence.source_facts import Call
from whytorch.evidence.source_nodes import walk
from whytorch.evidence.source_project import Project
from whytorch.evidence.source_scopes import FileIndex
from whytorch.records import Place

_MODULES = ("Module", "LightningModule", "Sequential")


class NetworkClass:
    """A class whose base is a torch module; what it says is worked out when asked for."""

    def __init__(
        self, project: Project, index: FileIndex, node: ast.ClassDef, positions: dict[int, int]
    ) -> None:
        self.name = node.name
        self.node = node
        self._project = project
        self._index = index
        self._positions = positions
        methods = [s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "forward"]
        self.forward: ast.FunctionDef | None = methods[0] if len(methods) == 1 else None

    def place(self, node: ast.AST) -> Place:
        return self._index.text.place(node)

    def text(self, node: ast.AST) -> str:
        return self._index.text.segment(node)

    def call(self, node: ast.AST) -> Call | None:
        """The call as the source resolves it, of a call in this class."""
        position = self._positions.get(id(node))
        return None if position is None else self._project.call(position)

    @cached_property
    def forward_methods(self) -> tuple[ast.FunctionDef, ...]:
        """The forward, and the methods of this class that it calls, one through the other."""
        own = {s.name: s for s in self.node.body if isinstance(s, ast.FunctionDef)}
        found = [self.forward] if self.forward is not None else []
        for method in found:  # grows
            called = (n.func for n in walk(method) if isinstance(n, ast.Call))
            names = (f.attr for f in called if isinstance(f, ast.Attribute) and is_own(f))
            found += [m for m in map(own.get, names) if m is not None and m not in found]
        return tuple(found)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All calls in this class."""
        found = (self.call(n) for n in walk(self.node) if isinstance(n, ast.Call))
        return tuple(c for c in found if c is not None)

    @cached_property
    def layers(self) -> dict[str, Call]:
        """What `self.x = Kind(...)` makes, of attributes that are set once."""
        made: dict[str, list[ast.expr]] = {}
        for statement in walk(self.node):
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                assert isinstance(statement, ast.Assign)
                for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(part, ast.Attribute) and is_own(part):
                        value = _part(target, part, statement.value)
                        made.setdefault(part.attr, []).append(value)
        once = {name: self.call(values[0]) for name, values in made.items() if len(values) == 1}
        return {name: call for name, call in once.items() if call is not None}


def networks(project: Project) -> Iterator[NetworkClass]:
    positions: dict[int, int] = {}
    for index in project.indexes:
        for node, _, block in index.classes:
            bases = [project.names.dotted(block, base) for base in node.bases]
            if any(base.rpartition(".")[2] in _MODULES for base in bases):
                if not positions:
                    calls = project.table.calls
                    positions = {id(call): n for n, (call, _) in enumerate(calls)}
                yield NetworkClass(project, index, node, positions)


def _part(target: ast.expr, part: ast.expr, value: ast.expr) -> ast.expr:
    """The part of `a, b = f(), g()` that this target gets."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        position = target.elts.index(part)
        if len(target.elts) == len(value.elts):
            return value.elts[position]
    return value


def is_own(node: ast.AST) -> bool:
    """self.x"""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )
