"""What the source says: names, calls, arguments, definitions, over all files of the project.

Nothing is run and nothing is guessed: where the source leaves several readings, the answer is
None or the bare text. Files are indexed at once, everything else is worked out when asked for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from whytorch.evidence.source_around import Around
from whytorch.evidence.source_changes import attribute_use, in_place
from whytorch.evidence.source_facts import (
    Assignment,
    AttributeUse,
    Call,
    Class,
    Function,
    Import,
    Loop,
    Value,
)
from whytorch.evidence.source_index import index_file
from whytorch.evidence.source_lines import assigned
from whytorch.evidence.source_networks import NetworkClass, networks
from whytorch.evidence.source_parts import last_name
from whytorch.evidence.source_project import Index, Project
from whytorch.evidence.source_scopes import Scope
from whytorch.records import Place
from whytorch.script import Script, SourceFile

__all__ = [
    "Assignment",
    "AttributeUse",
    "Call",
    "Class",
    "Function",
    "Import",
    "Loop",
    "NetworkClass",
    "Source",
    "Value",
    "read_source",
]


def read_source(script: Script, indexer: Index = index_file) -> Source:
    """What the script and the project's files that it imports say.

    `indexer`: how a file becomes its index, for who reads many programs that share files.
    """
    return Source(script, indexer)


class Source:
    """The evidence a check orders as `source: Source`. Paths: as shown, or absolute as run."""

    def __init__(self, script: Script, indexer: Index = index_file) -> None:
        self.script = script
        self._project = Project(script, indexer)

    def release(self) -> None:
        """Let go of all that was read; nothing can be asked any more. To find out that a syntax
        tree is rubbish takes Python's collector half as long as parsing did."""
        self._project.indexes[0].release()  # the others may be shared
        self.__dict__.clear()

    # --- everything ----------------------------------------------------------------------

    @property
    def files(self) -> Sequence[SourceFile]:
        """The files read, the script first."""
        return self.script.files

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All calls, file by file, in the order of the source."""
        count = len(self._project.table.calls)
        return tuple(self._project.call(position) for position in range(count))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """All functions and methods, outer ones first."""
        return tuple(self._project.functions())

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """All classes, outer ones first."""
        return tuple(self._project.classes())

    @cached_property
    def networks(self) -> tuple[NetworkClass, ...]:
        """The classes of torch modules, with their layers and their forward."""
        return tuple(networks(self._project))

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """All for and while loops, outer ones first."""
        return tuple(self._project.loops())

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """All assignments, in the order of the source."""
        return tuple(self._project.assignments())

    @cached_property
    def imported(self) -> tuple[Import, ...]:
        """All that is imported, name by name."""
        return tuple(
            Import(name, alias, index.text.place(node))
            for index in self._project.indexes
            for name, alias, node in index.imports
        )

    @cached_property
    def around(self) -> Around:
        """Calls by name, with the statements, loops and functions around them."""
        return Around(self._project)

    # --- questions by name ---------------------------------------------------------------

    def imports(self, name: str) -> bool:
        """Whether any file imports `name` or something below it."""
        below = name + "."
        return any(
            found == name or found.startswith(below)
            for index in self._project.indexes
            for found, _, _ in index.imports
        )

    def calls_to(self, *names: str) -> tuple[Call, ...]:
        """Calls of these resolved names; "*.Linear" is every name that ends in Linear."""
        found = {position for name in names for position in self._project.table.named(name)}
        return tuple(self._project.call(position) for position in sorted(found))

    def calls_written(self, *raws: str) -> tuple[Call, ...]:
        """Calls of what is written so, whatever it resolves to: "self.criterion"."""
        ends = {raw.rpartition(".")[2] for raw in raws}
        places = enumerate(self._project.table.calls)
        found = (self._project.call(at) for at, (node, _) in places if last_name(node.func) in ends)
        return tuple(call for call in found if call.raw in raws)

    def calls_within(self, place: Place) -> tuple[Call, ...]:
        """Calls that begin within a place."""
        index, last = self._project.file(place.path), place.end_line or place.line
        return tuple(
            self._project.call(at)
            for at, (node, block) in enumerate(self._project.table.calls)
            if place.line <= node.lineno <= last and block.scope.index is index
        )

    def module_calls(self, attribute: str) -> AttributeUse:
        """Where methods assign and call `self.<attribute>`; of "layer1.0.conv1", self.conv1."""
        parts = [part for part in attribute.split(".") if not part.isdigit()]
        return attribute_use(self._project.indexes, parts[-1] if parts else attribute)

    def in_place_operations(
        self, inside: str | Function | Class | None = None
    ) -> tuple[Place, ...]:
        """Where a tensor may be changed in place; `inside`: a function or class, or its name."""
        name = inside if isinstance(inside, str) or inside is None else inside.qualname
        path = None if isinstance(inside, str) or inside is None else inside.place.path
        places: dict[Place, None] = {}
        for index in self._project.indexes:
            if path is not None and index.file.path != path:
                continue
            for node, block in in_place(index, self._project.names):
                if name is None or _is_inside(block.scope, name):
                    places[index.text.place(node)] = None
        return tuple(sorted(places, key=lambda p: (p.path, p.line, p.column or 0)))

    # --- questions by place --------------------------------------------------------------

    def display(self, path: str | os.PathLike[str]) -> str:
        """The path as the user sees it: as given, relative to the working directory, or whole."""
        name = os.fspath(path)
        index = self._project.file(name)
        if index is not None:
            return index.file.path
        folder = str(self.script.cwd).rstrip(os.sep) + os.sep
        return name.removeprefix(folder)

    def file(self, path: str | os.PathLike[str]) -> SourceFile | None:
        """The file of this path; None if it was not read."""
        index = self._project.file(os.fspath(path))
        return None if index is None else index.file

    def statement_lines(self, place: Place) -> range:
        """The lines of the statement at a place (of a compound one: of its header)."""
        index = self._project.file(place.path)
        first = last = place.line
        for statement, end in self._project.lines(index).statements(first)[-1:] if index else ():
            first, last = min(first, statement.lineno), max(last, end)
        return range(first, last + 1)

    def line(self, path: str | os.PathLike[str], line: int) -> str | None:
        """One line of a file, without its end; None if there is no such line."""
        index = self._project.file(os.fspath(path))
        if index is None or not 1 <= line <= len(index.file.lines):
            return None
        return index.file.lines[line - 1]

    def call_at(self, place: Place, name: str | None = None) -> Call | None:
        """The call that begins at a line (of several the outer one), else the innermost around it.

        `name`: the last component of its name, "Linear".
        """
        found = self._project.calls_at(place)
        for position in found:
            if name is None or self._project.table.names[position].rpartition(".")[2] == name:
                return self._project.call(position)
        return None

    def definition(self, place: Place, argument: str | int) -> Place | None:
        """Where the value of an argument of the call at `place` was defined.

        Names are followed through assignments, parameters with one caller, `self.x`, dicts, the
        project's functions and files. None if it is not given, or the source leaves it open.
        """
        for position in self._project.calls_at(place):
            node = self._project.argument(position, argument)
            if node is not None:
                return self._project.definition(position, node)
        return None

    def complete(self, place: Place) -> Place:
        """The place as shown to the user, with its line of code, column and last line."""
        index, code = self._project.file(place.path), self.line(place.path, place.line)
        if index is None or code is None:
            return replace(place, path=self.display(place.path))
        column, end = len(code) - len(code.lstrip()), place.line
        for statement, last in self._project.lines(index).statements(place.line)[:1]:
            end = last
            if statement.lineno == place.line:
                column = index.text.place(statement).column or 0
        return Place(
            index.file.path,
            place.line,
            place.end_line or end,
            column if place.column is None else place.column,
            code,
        )

    def enclosing_function(self, place: Place) -> Function | None:
        """The innermost function around a place; None at the top of a module."""
        index = self._project.file(place.path)
        node = self._project.lines(index).function(place.line) if index else None
        for other, scope in index.functions if index else ():
            if other is node:
                return self._project.function(other, scope)
        return None

    def names_assigned_at(self, place: Place) -> tuple[str, ...]:
        """What the statements at a line assign, as written: "loss", "self.x", "out[0]"."""
        index = self._project.file(place.path)
        if index is None:
            return ()
        targets = [
            target
            for statement, _ in self._project.lines(index).statements(place.line)
            for target in assigned(statement)
        ]
        return tuple(dict.fromkeys(index.text.segment(target) for target in targets))


def _is_inside(scope: Scope, name: str) -> bool:
    """Whether the scope is that of the function or class `name`, or lies within."""
    return any(full == name or full.startswith(name + ".") for full in (scope.qualname, scope.name))
