"""The project behind a `Source`: its indexed files, and what turns their nodes into facts."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from functools import cached_property

from whytorch.evidence.source_facts import Assignment, Call, Class, Function, Loop, position_of
from whytorch.evidence.source_flow import Flow
from whytorch.evidence.source_index import index_file
from whytorch.evidence.source_lines import Lines, targets
from whytorch.evidence.source_names import CallTable, Names
from whytorch.evidence.source_parts import Origin
from whytorch.evidence.source_scopes import Block, FileIndex, Scope
from whytorch.evidence.source_values import Values
from whytorch.records import Place
from whytorch.script import Script, SourceFile

Index = Callable[[SourceFile, bool], FileIndex]
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


class Project:
    """Indexes the files at once; names, values and facts are worked out when asked for."""

    def __init__(self, script: Script, indexer: Index = index_file) -> None:
        self.script = script
        self.indexes = [indexer(file, file is script.files[0]) for file in script.files]
        self.names = Names(self.indexes)
        self._calls: dict[int, Call] = {}
        self._lines: dict[FileIndex, Lines] = {}

    @cached_property
    def _paths(self) -> dict[str, FileIndex]:
        found: dict[str, FileIndex] = {}
        for index in reversed(self.indexes):
            absolute = str(index.file.absolute)
            for path in (os.path.realpath(absolute), absolute, index.file.path):
                found[path] = index
        return found

    @cached_property
    def table(self) -> CallTable:
        return CallTable(self.names, self.indexes)

    @cached_property
    def flow(self) -> Flow:
        return Flow(self.names, self.table, self.indexes, self.script.args)

    @cached_property
    def values(self) -> Values:
        return Values(self.flow, self.script.args)

    def file(self, path: str) -> FileIndex | None:
        """The file of this path, as it is shown or as the run recorded it."""
        found = self._paths.get(path)
        if found is None and not path.startswith("<"):
            found = self._paths.get(os.path.normpath(os.path.join(self.script.cwd, path)))
        return found

    def lines(self, index: FileIndex) -> Lines:
        if index not in self._lines:
            self._lines[index] = Lines(index)
        return self._lines[index]

    # --- facts ---------------------------------------------------------------------------

    def call(self, position: int) -> Call:
        """The call at this position of the table."""
        if position not in self._calls:
            node, block = self.table.calls[position]
            text, value = block.scope.index.text, self.values.value
            self._calls[position] = Call(
                name=self.table.names[position],
                raw=text.segment(node.func),
                place=text.place(node),
                function=function_name(block.scope),
                args=tuple(value(block, argument) for argument in node.args),
                keywords={k.arg or "**": value(block, k.value) for k in node.keywords},
                loop_depth=block.depth,
            )
        return self._calls[position]

    def functions(self) -> Iterator[Function]:
        for index in self.indexes:
            for node, scope in index.functions:
                yield self.function(node, scope)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Function:
        outer = scope.parent
        around = Block(outer or scope)
        decorators = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs]
        return Function(
            name=node.name,
            qualname=scope.qualname,
            place=scope.index.text.place(node),
            parameters=tuple(a.arg for a in (*named, arguments.kwarg) if a is not None),
            decorators=tuple(self.names.dotted(around, decorator) for decorator in decorators),
            in_class=outer.qualname if outer is not None and outer.kind == "class" else None,
        )

    def classes(self) -> Iterator[Class]:
        for index in self.indexes:
            for node, scope, block in index.classes:
                yield Class(
                    name=scope.name,
                    qualname=scope.qualname,
                    place=index.text.place(node),
                    bases=tuple(self.names.dotted(block, base) for base in node.bases),
                    methods=tuple(s.name for s in node.body if isinstance(s, _Function)),
                )

    def loops(self) -> Iterator[Loop]:
        for index in self.indexes:
            for node, block in index.loops:
                whiles = isinstance(node, ast.While)
                over = node.test if isinstance(node, ast.While) else node.iter
                target = None if isinstance(node, ast.While) else index.text.segment(node.target)
                yield Loop(
                    kind="while" if whiles else "for",
                    place=index.text.place(node),
                    depth=block.depth,
                    target=target,
                    iterable=index.text.segment(over),
                    function=function_name(block.scope),
                )

    def assignments(self) -> Iterator[Assignment]:
        for index in self.indexes:
            for node, block in index.assignments:
                yield Assignment(
                    targets=tuple(index.text.segment(target) for target in targets(node)),
                    value=self.values.value(block, node.value) if node.value else None,
                    place=index.text.place(node),
                    function=function_name(block.scope),
                    augmented=isinstance(node, ast.AugAssign),
                )

    # --- calls by place ------------------------------------------------------------------

    def calls_at(self, place: Place) -> list[int]:
        """Calls at a line: those that begin there, outer ones first; then those around it."""
        index = self.file(place.path)
        found: list[tuple[tuple[int, int], int]] = []
        for position, (node, block) in enumerate(self.table.calls):
            if block.scope.index is not index or not _covers(node, place.line):
                continue
            span = (node.end_lineno or 0) - node.lineno
            if place.line in (node.lineno, node.func.end_lineno):
                exact = node.lineno == place.line and node.col_offset == place.column
                found.append(((0 if exact else 1, 0), position))
            else:
                found.append(((2, span), position))
        return [position for _, position in sorted(found)]

    def argument(self, position: int, argument: str | int) -> ast.expr | None:
        """The expression a call passes: by keyword, by position, by the callee's own order."""
        node, _ = self.table.calls[position]
        for keyword in node.keywords:
            if keyword.arg == argument:
                return keyword.value
        name = self.table.names[position]
        order = argument if isinstance(argument, int) else position_of(name, argument)
        if order is None and isinstance(argument, str):
            callee = self.flow.scope(name)
            passed = self.flow.passed_to(position, callee, argument) if callee else None
            return passed.node if passed is not None and passed.exact else None
        if order is None or order >= len(node.args):
            return None
        starred = any(isinstance(before, ast.Starred) for before in node.args[: order + 1])
        return None if starred else node.args[order]

    def definition(self, position: int, node: ast.expr) -> Place | None:
        """Where the value of an argument of this call comes from."""
        origin: Origin = self.flow.trace(self.table.calls[position][1], node)
        anchor = origin.anchor
        if anchor is None:
            if isinstance(origin.node, (ast.Name, ast.Attribute, ast.Subscript)):
                return None
            anchor = origin.node
        return origin.block.scope.index.text.place(anchor)


def function_name(scope: Scope) -> str:
    """Qualified name of the innermost function with a name, or "<module>"."""
    at: Scope | None = scope
    while at is not None:
        if isinstance(at.node, _Function):
            return at.qualname
        at = at.parent
    return "<module>"


def _covers(node: ast.Call, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
