"""Edits of a notebook's code cells: only the characters of a changed cell's source are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from msgspec.structs import replace

from whytorch import records as r
from whytorch.fixes.operators import splices
from whytorch.fixes.text import Refused, Splice, Text
from whytorch.records import Place
from whytorch.script.cells import in_cells
from whytorch.script.files import ScriptError
from whytorch.script.notebook import plain_code, program

_SPACE = re.compile(r"[ \t\r\n]*")


class Notebook:
    """The cells of a notebook as texts, and where their sources stand in its JSON."""

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        try:
            self._mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
            self._json = data[len(self._mark) :].decode("utf-8")
            self._cells = program(data, path).cells
            self._spans = dict(_sources(self._json))
        except (ScriptError, UnicodeDecodeError, ValueError) as error:
            raise Refused(f"{path} cannot be read: {error}") from None
        self._texts: dict[int, Text] = {}

    def splices(self, edit: r.AnyEdit) -> Iterator[tuple[int, Splice]]:
        """(number of the cell, splice of its source)."""
        place = self._in_cell(edit.place)
        edit = replace(edit, place=place)
        if isinstance(edit, r.Move):
            after = self._in_cell(edit.after)
            if after.cell != place.cell:
                raise Refused(f"{self.path}: it stands in another cell than its target")
            edit = replace(edit, after=after)
        assert place.cell is not None
        yield from ((place.cell, s) for s in splices(edit, self.text(place.cell)))

    def _in_cell(self, place: Place) -> Place:
        return place if place.cell is not None else in_cells(place, place.path, self._cells)

    def text(self, number: int) -> Text:
        if number not in self._texts:
            if number not in self._spans:
                raise Refused(f"{self.path}: it has no code cell {number}")
            start, end = self._spans[number]
            code = _joined(json.loads(self._json[start:end]))
            self._texts[number] = Text(code.encode(), f"{self.path}:cell {number}", plain_code)
        return self._texts[number]

    def spliced(self, made: Iterable[tuple[int, Splice]]) -> bytes:
        """The notebook with these in it, all else byte for byte."""
        by_cell: dict[int, list[Splice]] = {}
        for number, splice in made:
            by_cell.setdefault(number, []).append(splice)
        parts, end = [], 0
        for number in sorted(by_cell, key=lambda n: self._spans[n]):
            first, last = self._spans[number]
            new = self.text(number).spliced(by_cell[number]).decode()
            parts += [self._json[end:first], _written(self._json[first:last], new)]
            end = last
        return self._mark + "".join([*parts, self._json[end:]]).encode("utf-8")


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _written(old: str, code: str) -> str:
    """The source as JSON, in the way that the old one was written: a list of lines or a string,
    its indentation, its escapes."""
    ascii_only = old.isascii()
    if not old.startswith("["):
        return json.dumps(code, ensure_ascii=ascii_only)
    lines = [json.dumps(x, ensure_ascii=ascii_only) for x in code.splitlines(keepends=True)]
    before = _SPACE.match(old, 1)
    begin = before.group() if before else ""
    close = re.search(r"[ \t\r\n]*(?=\]$)", old)
    between = "," + (begin or " ")
    return f"[{begin}{between.join(lines)}{close.group() if close else ''}]"


def _sources(text: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """(number of the cell, where its source stands) of every cell."""
    for path, start, end in _values(text, _SPACE.match(text, 0).end(), ()):  # type: ignore[union-attr]
        if len(path) >= 3 and path[-1] in ("source", "input") and path[-3] == "cells":
            yield int(path[-2]) + 1, (start, end)


def _values(
    text: str, at: int, path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], int, int]]:
    """(path, start, end) of each value down to a cell's own, depth first; the last one yielded is
    the value that starts at `at`."""
    decoder = json.JSONDecoder()
    end = decoder.raw_decode(text, at)[1]
    deep = len(path) >= 5 or (path and path[-1] in ("outputs", "metadata", "source", "input"))
    if text[at] in "[{" and not deep:
        yield from _inside(text, at, path)
    yield path, at, end


def _inside(
    text: str, at: int, path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], int, int]]:
    is_object, number, at = text[at] == "{", 0, _skip(text, at + 1)
    while text[at] not in "]}":
        key: Any = number
        if is_object:
            key, at = scanstring(text, at + 1, True)
            at = _skip(text, _skip(text, at) + 1)  # behind the colon
        end = at
        for found in _values(text, at, (*path, key)):
            yield found
            end = found[2]
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
        number += 1


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at
