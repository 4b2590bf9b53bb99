"""A script's text and tree, and small edits on it that keep every other line where it is.

A mutation plants one mistake: it looks for the places in the tree where it applies and yields
mutants. Edits work on the text, so that the rest of the script stays as its author wrote it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True)
class Edit:
    """Characters `start` to `end` of the text become `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Mutant:
    """A script with a mistake planted. `lines`: where a person would point at, in the new text."""

    text: str
    lines: frozenset[int]


class Code:
    """One script, to be looked at and edited."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._offsets = [0]
        for line in text.splitlines(keepends=True):
            self._offsets.append(self._offsets[-1] + len(line))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {c: p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}

    # --- looking --------------------------------------------------------------------------------

    def all(self, kind: type[_Node]) -> list[_Node]:
        """All nodes of a kind, in the order of the text."""
        found = [n for n in ast.walk(self.tree) if isinstance(n, kind)]
        return sorted(found, key=lambda n: (n.lineno, n.col_offset))  # type: ignore[attr-defined]

    def calls(self, *names: str) -> list[ast.Call]:
        """Calls whose last name is one of these: `nn.ReLU()` and `ReLU()` are calls of "ReLU"."""
        return [c for c in self.all(ast.Call) if last_name(c.func) in names]

    def segment(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def span(self, node: ast.AST) -> tuple[int, int]:
        line, end_line = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        start = self._at(line, node.col_offset)  # type: ignore[attr-defined]
        return start, self._at(end_line, node.end_col_offset)  # type: ignore[attr-defined]

    def _at(self, line: int, column: int) -> int:
        begin, end = self._offsets[line - 1], self._offsets[line]
        return begin + len(self.text[begin:end].encode()[:column].decode())

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node stands in."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def inside(self, node: ast.AST, kind: type[_Node]) -> _Node | None:
        """The nearest node of a kind around `node`."""
        around = self.parents.get(node)
        while around is not None and not isinstance(around, kind):
            around = self.parents.get(around)
        return around

    def loop(self, node: ast.AST) -> ast.For | ast.While | None:
        """The innermost loop around `node` in the same function."""
        around = self.parents.get(node)
        while around is not None and not isinstance(around, (ast.For, ast.While)):
            if isinstance(around, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
                return None
            around = self.parents.get(around)
        return around

    # --- editing --------------------------------------------------------------------------------

    def replace(self, node: ast.AST, new: str) -> Edit:
        return Edit(*self.span(node), new)

    def delete(self, statement: ast.stmt) -> Edit:
        """Take a statement out; what stands alone in a block becomes `pass`."""
        return self.replace(statement, "pass")

    def after(self, statement: ast.stmt, line: str) -> Edit:
        """A new statement behind another, in the same block."""
        end = self.span(statement)[1]
        stop = self.text.find("\n", end)
        stop = len(self.text) if stop < 0 else stop
        return Edit(stop, stop, "\n" + " " * statement.col_offset + line)

    def before(self, statement: ast.stmt, line: str) -> Edit:
        """A new statement before another, in the same block."""
        start = self.span(statement)[0]
        return Edit(start, start, line + "\n" + " " * statement.col_offset)

    def argument(self, call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
        """The value of an argument, by keyword or position."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        if position is not None and position < len(call.args):
            return call.args[position]
        return None

    def give(self, call: ast.Call, name: str, value: str, position: int | None = None) -> Edit:
        """Set an argument to `value`, or add it as a keyword."""
        given = self.argument(call, name, position)
        if given is not None:
            return self.replace(given, value)
        end = self.span(call)[1] - 1
        before = self.text[:end].rstrip()
        comma = "" if before.endswith(("(", ",")) else ", "
        return Edit(end, end, f"{comma}{name}={value}")

    def mutant(self, *edits: Edit, at: Iterable[ast.AST | int | Edit] | None = ()) -> Mutant:
        """The edited script. `at`: what to mark, nodes, lines or edits (none given: the edits);
        None where no line is the place, as for something that is missing altogether."""
        ordered = sorted(edits, key=lambda e: (e.start, e.end))
        text, last = [], 0
        for edit in ordered:
            if edit.start < last:
                raise ValueError("two edits overlap")
            text += [self.text[last : edit.start], edit.new]
            last = edit.end
        new = "".join([*text, self.text[last:]])
        ast.parse(new)  # a mutant that is no Python would be found by anyone
        marked = [] if at is None else (list(at) or edits)
        return Mutant(new, frozenset(n for m in marked for n in self._lines(m, ordered)))

    def _lines(self, marked: ast.AST | int | Edit, edits: list[Edit]) -> range:
        if isinstance(marked, Edit):
            earlier = edits[: edits.index(marked)]
            shift = sum(len(e.new) - (e.end - e.start) for e in earlier)
            new = "".join(self._applied(edits))
            begin = marked.start + shift + len(marked.new) - len(marked.new.lstrip())
            end = marked.start + shift + len(marked.new.rstrip())
            return range(new.count("\n", 0, begin) + 1, new.count("\n", 0, max(begin, end)) + 2)
        if isinstance(marked, int):
            if marked >= len(self._offsets):
                return range(0)
            start = self._offsets[marked - 1]
            return self._moved(start, start, edits)
        return self._moved(*self.span(marked), edits)

    def _moved(self, start: int, end: int, edits: list[Edit]) -> range:
        def line(offset: int) -> int:
            added = sum(
                e.new.count("\n") - self.text.count("\n", e.start, e.end)
                for e in edits
                if e.end <= offset and e.start <= offset
            )
            return self.text.count("\n", 0, offset) + added + 1

        return range(line(start), max(line(start), line(end)) + 1)

    def _applied(self, edits: list[Edit]) -> Iterator[str]:
        last = 0
        for edit in edits:
            yield self.text[last : edit.start]
            yield edit.new
            last = edit.end
        yield self.text[last:]


def last_name(node: ast.AST) -> str:
    """ "ReLU" of `nn.ReLU`, "step" of `optimizer.step`, "" of what has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


Plant = Callable[[Code], Iterator[Mutant]]


@dataclass(frozen=True)
class Mutation:
    """One way of making a mistake. `silent`: harmful by nature, though no result shows it."""

    id: str
    name: str
    plant: Plant
    silent: bool = False
    held_back: bool = False


MUTATIONS: list[Mutation] = []


def plants(id: str, silent: bool = False, held_back: bool = False) -> Callable[[Plant], Plant]:
    """Register a mutation: a function that yields a script's mutants, the best one first."""

    def register(plant: Plant) -> Plant:
        MUTATIONS.append(Mutation(id, plant.__name__.strip("_"), plant, silent, held_back))
        return plant

    return register
