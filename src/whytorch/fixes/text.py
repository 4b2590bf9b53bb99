"""One file's text with the offsets of its syntax tree; what is not edited stays byte for byte."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from whytorch.script.decoding import compiled
from whytorch.script.files import ScriptError

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class Refused(Exception):
    """An edit does not apply; the message says why."""


class Splice(Struct, frozen=True, order=True):
    """The characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


class Text:
    """The decoded text, its lines with their ends as they are, and its tree.

    Raises `Refused` where Python itself could not read it. `plain` makes Python, line for line, of
    what is none yet: Jupyter's own lines.
    """

    def __init__(
        self, data: bytes, path: str, plain: Callable[[str], str] = lambda text: text
    ) -> None:
        self.path, self._plain = path, plain
        try:
            self.encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            self.text = data.decode(self.encoding)
            self.tree = ast.parse(plain(re.sub("\r\n?", "\n", self.text)))
        except (ScriptError, SyntaxError, LookupError, ValueError, RecursionError) as error:
            raise Refused(f"{path} cannot be read: {error}") from None
        self.lines = _LINE.findall(self.text)
        self.newline = next((end for x in self.lines if (end := x[len(_bare(x)) :])), "\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line))
        self.parents = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }

    # --- places ----------------------------------------------------------------------------

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]

    def line_end(self, line: int) -> int:
        """Behind the line's last character, before its end of line."""
        return self._starts[line - 1] + len(_bare(self.lines[line - 1]))

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node stands in the text. The tree counts columns in bytes of UTF-8."""
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def _offset(self, line: int, column: int) -> int:
        before = self.lines[line - 1].encode("utf-8", "surrogatepass")[:column]
        return self._starts[line - 1] + len(before.decode("utf-8", "surrogatepass"))

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    # --- what stands at a line -------------------------------------------------------------

    def statement(self, line: int) -> ast.stmt:
        """The innermost statement at a line; of a compound one, its header counts."""
        found = [s for s in self.statements() if _first(s) <= line <= _header_end(s)]
        if not found:
            raise Refused(f"{self.path}:{line}: there is no statement")
        return max(found, key=lambda s: (s.lineno, s.col_offset))

    def statements(self) -> Iterator[ast.stmt]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.stmt))

    def alone(self, statement: ast.stmt) -> None:
        """Raise `Refused` unless nothing else stands on the statement's lines."""
        start, end = self.span(statement)
        before = self.text[self.line_start(_first(statement)) : start]
        last = statement.end_lineno or statement.lineno
        after = self.text[end : self.line_end(last)].strip()
        if (before.strip() and not before.lstrip().startswith("@")) or after[:1] not in ("", "#"):
            raise Refused(f"{self.path}:{statement.lineno}: other code stands on the same line")

    def indent(self, statement: ast.stmt) -> str:
        line = self.lines[_first(statement) - 1]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def first_line(self, statement: ast.stmt) -> int:
        """Of its first decorator, where it has some."""
        return _first(statement)

    def call(self, line: int, callees: Iterable[str], column: int | None = None) -> ast.Call:
        """The one call of such a name at a line."""
        names = set(callees)
        here = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            and node.lineno <= line <= (node.end_lineno or node.lineno)
            and last_name(node.func) in names
        ]
        begin = [node for node in here if node.lineno == line]
        exact = [node for node in begin if node.col_offset == column]
        for found in (exact, begin, here):
            if len(found) == 1:
                return found[0]
        called = " or ".join(sorted(names))
        raise Refused(f"{self.path}:{line}: {len(here) or 'no'} calls of {called} stand there")

    def before_closing(self, call: ast.Call) -> tuple[int, str]:
        """Behind the last sign before a call's closing parenthesis, and what goes between it and
        one more argument."""
        start, end = self.span(call)
        inside = self.text[start : end - 1]
        reader = io.StringIO(re.sub("\r\n?", "\n", "(" + inside + "))")).readline
        skipped = (tokenize.NL, tokenize.COMMENT, tokenize.NEWLINE, tokenize.ENDMARKER)
        signs = [t for t in tokenize.generate_tokens(reader) if t.type not in skipped]
        last = signs[-3]  # the last two are the closing parentheses
        rows = _LINE.findall("(" + inside)
        at = sum(map(len, rows[: last.end[0] - 1])) + last.end[1] - 1
        return start + at, {",": " ", "(": ""}.get(last.string, ", ")

    # --- the result ------------------------------------------------------------------------

    def spliced(self, splices: Iterable[Splice]) -> bytes:
        """The file with the splices in it. Raises `Refused` if it would be no Python."""
        text, end = [], 0
        for splice in sorted(splices):
            text += [self.text[end : splice.start], splice.text]
            end = splice.end
        whole = "".join([*text, self.text[end:]])
        try:
            python = self._plain(re.sub("\r\n?", "\n", whole))
            compiled(python, self.path)
            return whole.encode(self.encoding)
        except (ScriptError, SyntaxError, ValueError) as error:
            raise Refused(f"{self.path}: the result would be no Python: {error}") from None


def last_name(node: ast.AST) -> str:
    """softmax for softmax, F.softmax and x.softmax."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _bare(line: str) -> str:
    return line.rstrip("\r\n")


def _first(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def _header_end(statement: ast.stmt) -> int:
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if not body:
        return statement.end_lineno or statement.lineno
    first = getattr(body[0], "lineno", None) or body[0].pattern.lineno
    return max(statement.lineno, first - 1)
