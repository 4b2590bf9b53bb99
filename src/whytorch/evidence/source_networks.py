"""The networks that a source defines: classes of torch modules, their layers and their forward."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from whytorch.evidence.source_facts import Call
from whytorch.evidence.source_project import Project
from whytorch.evidence.source_scopes import FileIndex
from whytorch.records import Place

_MODULES = ("Module", "LightningModule", "Sequential")
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class NetworkClass:
    """A class whose base is a torch module. `layers`: what `self.x = Kind(...)` makes, if once."""

    name: str
    node: ast.ClassDef
    layers: dict[str, Call]
    forward: ast.FunctionDef | None
    _index: FileIndex = field(repr=False)
    _calls: dict[int, Call] = field(repr=False)

    def place(self, node: ast.AST) -> Place:
        return self._index.text.place(node)

    def call(self, node: ast.AST) -> Call | None:
        """The call as the source resolves it, of a call in this class."""
        return self._calls.get(id(node))

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls in this class, in the order of the source."""
        return tuple(self._calls.values())

    def text(self, node: ast.AST) -> str:
        return self._index.text.segment(node)


def networks(project: Project) -> Iterator[NetworkClass]:
    for index in project.indexes:
        for node, _, block in index.classes:
            bases = [project.names.dotted(block, base) for base in node.bases]
            if any(base.rpartition(".")[2] in _MODULES for base in bases):
                yield _network(project, index, node)


def _network(project: Project, index: FileIndex, node: ast.ClassDef) -> NetworkClass:
    inside = {id(n) for n in ast.walk(node) if isinstance(n, ast.Call)}
    calls = {
        id(call): project.call(position)
        for position, (call, _) in enumerate(project.table.calls)
        if id(call) in inside
    }
    made: dict[str, list[ast.expr]] = {}
    for statement in ast.walk(node):
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if is_own(part):
                        made.setdefault(part.attr, []).append(  # type: ignore[attr-defined]
                            _part(target, part, statement.value)
                        )
    layers = {n: calls[id(v[0])] for n, v in made.items() if len(v) == 1 and id(v[0]) in calls}
    methods = [s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "forward"]
    forward = methods[0] if len(methods) == 1 else None
    return NetworkClass(node.name, node, layers, forward, index, calls)


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
