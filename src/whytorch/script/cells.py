"""From the lines of a notebook's program back to cell and line within it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from whytorch.records import Finding, Place, Verdict

T = TypeVar("T")
Cells = Sequence[tuple[int, int]]  # of each cell its first line in the program, and its number


def in_cells(value: T, path: str, cells: Cells) -> T:
    """`value` with each place in the notebook `path` told as its cell and the line within it.

    Also places that a text names ("n.ipynb:57"), and what findings call "line 57".
    """
    told: T = _Told(path, cells).of(value) if cells else value
    return told


def located(line: int, cells: Cells) -> tuple[int, int] | None:
    """Number of the cell, and the line within it, of a line of the program."""
    for first, number in reversed(cells):
        if first <= line:
            return number, line - first + 1
    return None


class _Told:
    def __init__(self, path: str, cells: Cells) -> None:
        self._path, self._cells = path, cells
        self._written = re.compile(rf"(?<![\w/.]){re.escape(path)}:(\d+)\b")

    def of(self, value: Any) -> Any:
        if isinstance(value, Place):
            return self._place(value)
        if isinstance(value, str):
            return self._written.sub(self._with_path, value)
        if isinstance(value, Struct):
            return self._struct(value)
        if isinstance(value, tuple):
            return tuple(map(self.of, value))
        if isinstance(value, dict):
            return self._dict(value)
        return value

    def _struct(self, value: Struct) -> Struct:
        told = {name: self.of(getattr(value, name)) for name in value.__struct_fields__}
        if isinstance(value, Finding):
            told["says"] = self._lines(told["says"])
            if value.fix is not None:
                told["fix"] = replace(told["fix"], says=self._lines(told["fix"].says))
        if isinstance(value, Verdict) and value.finding is not None:
            told["headline"] = self._lines(told["headline"])
        return replace(value, **told)

    def _place(self, place: Place) -> Place:
        at = located(place.line, self._cells)
        if at is None or place.path != self._path or place.cell is not None:
            return place
        cell, line = at
        end = None if place.end_line is None else place.end_line - place.line + line
        return replace(place, line=line, end_line=end, cell=cell)

    def _dict(self, value: dict[str, Any]) -> dict[str, Any]:
        """Numbers and words as they are, but for a place: {"path": ..., "line": ...}."""
        line = value.get("line")
        at = located(line, self._cells) if isinstance(line, int) else None
        if at is None or value.get("path") != self._path:
            return value
        return {**value, "line": at[1], "cell": at[0]}

    def _with_path(self, found: re.Match[str]) -> str:
        at = located(int(found[1]), self._cells)
        return found[0] if at is None else f"{self._path}:cell {at[0]}:{at[1]}"

    def _lines(self, text: str) -> str:
        """Checks say "line 57" of the file that their finding is about."""

        def told(found: re.Match[str]) -> str:
            at = located(int(found[1]), self._cells)
            return found[0] if at is None else f"line {at[1]} of cell {at[0]}"

        return re.sub(r"\bline (\d+)\b", told, text)
