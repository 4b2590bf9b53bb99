"""The text behind a node of the syntax tree, and the place a user is shown for it."""

from __future__ import annotations

import ast
from typing import Any

from whytorch.records import Place
from whytorch.script import SourceFile


class Text:
    """One file's lines. The tree counts columns in bytes of UTF-8, users count characters."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._ascii = file.text.isascii()

    def segment(self, node: ast.AST) -> str:
        """The source of an expression, as it is written."""
        at: Any = node
        first, last = at.lineno - 1, at.end_lineno - 1
        start = self._column(first, at.col_offset)
        end = self._column(last, at.end_col_offset)
        lines = self._file.lines
        if first == last:
            return lines[first][start:end]
        return "\n".join([lines[first][start:], *lines[first + 1 : last], lines[last][:end]])

    def place(self, node: ast.AST, end_line: int | None = None) -> Place:
        """From the node's first character to its last line, or to `end_line`."""
        at: Any = node
        return Place(
            self._file.path,
            at.lineno,
            end_line or at.end_lineno,
            self._column(at.lineno - 1, at.col_offset),
            self._file.lines[at.lineno - 1],
        )

    def _column(self, line: int, offset: int) -> int:
        if self._ascii:
            return offset
        return len(self._file.lines[line].encode()[:offset].decode(errors="replace"))
