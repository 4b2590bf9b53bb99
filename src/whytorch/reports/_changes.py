"""A repair's unified diff as replacements of text, as editors and code scanning take them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from whytorch.records import Fix

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")


class Change(Struct, frozen=True):
    """From `column` of `line` to `end_column` of `end_line`, the text becomes `text`.

    Lines count from 1, columns from 0. Nothing goes away where begin and end are one point.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def changes(fix: Fix) -> Iterator[Change]:
    """The replacements in the order of the diff; paths as the script was given them."""
    # Of an absolute path, the diff's header lacks the first slash.
    shown = {t.path.replace("\\", "/").lstrip("/"): t.path for t in fix.touched}
    rows = iter((fix.diff or "").split("\n"))
    path = ""
    for row in rows:
        if row.startswith("--- a/"):
            path = shown.get(row[6:], row[6:])
        elif hunk := _HUNK.match(row):
            old, new = (1 if count is None else int(count) for count in hunk.group(2, 3))
            first = int(hunk[1]) + (old == 0)  # of no lines, those behind this one are meant
            yield from _hunk(path, first, list(_lines(rows, old, new)))


def _lines(rows: Iterator[str], old: int, new: int) -> Iterator[str]:
    """So many lines of the old text and of the new one, whatever they hold."""
    while old > 0 or new > 0:
        row = next(rows, None)
        if row is None:
            return
        old -= row[:1] != "+"
        new -= row[:1] != "-"
        yield row


def _hunk(path: str, line: int, rows: list[str]) -> Iterator[Change]:
    runs = [(stay, list(run)) for stay, run in groupby(rows, lambda row: row[:1] not in ("+", "-"))]
    for number, (stay, run) in enumerate(runs):
        gone = [row[1:] for row in run if row[:1] == "-"]
        come = [row[1:] for row in run if row[:1] == "+"]
        if stay:
            line += len(run)
            continue
        before = runs[number - 1][1][-1][1:] if number else None
        yield _change(path, line, gone, come, before, number == len(runs) - 1)
        line += len(gone)


def _change(
    path: str, line: int, gone: list[str], come: list[str], before: str | None, at_end: bool
) -> Change:
    last = line + len(gone) - 1
    if gone and come:
        return Change(path, line, 0, last, len(gone[-1]), "\n".join(come))
    if not at_end or before is None:
        return Change(path, line, 0, last + 1, 0, "".join(f"{text}\n" for text in come))
    # The file ends here, perhaps without an end of line: begin behind the line that stays.
    end = len(gone[-1] if gone else before)
    return Change(path, line - 1, len(before), last, end, "".join(f"\n{text}" for text in come))
