"""Text that a terminal shows instead of obeying it, and the lines of source around a place."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from whytorch.records import Place, Report

_LONGEST = 2000  # characters of one text; what is longer is no sentence
_LARGEST_FILE = 4_000_000  # bytes
_MOST_MARKED = 5  # lines of one statement

# Control and format characters, surrogates, private and unassigned ones, line separators.
_OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PLAIN = str.maketrans(
    {
        "→": "->",
        "…": "...",
        "–": "-",
        "—": "-",
        "−": "-",
        "×": "x",
        "±": "+-",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "·": "-",
        "\u00a0": " ",
    }
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def encodable(text: str, encoding: str) -> bool:
    """Whether a stream with this encoding can show `text`."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def clean(text: str, encoding: str = "utf-8") -> str:
    """`text` with tabs as spaces, and every character that a terminal would obey made visible."""
    text = text[:_LONGEST].expandtabs(4)
    if not text.isprintable():
        text = "".join(map(_visible, text))
    if encodable(text, encoding):
        return text
    # An encoding that Python does not know can be trusted with ASCII only.
    known = encoding if encodable("", encoding) else "ascii"
    return text.translate(_PLAIN).encode(known, "backslashreplace").decode(known)


def sentence(text: str, encoding: str = "utf-8") -> str:
    """`text` on one line, cleaned."""
    return clean(" ".join(text.split()), encoding)


def fit(text: str, width: int, ellipsis: str) -> str:
    """`text`, cut where it is wider than `width` cells."""
    from rich.cells import cell_len, set_cell_size  # late: a check of sources needs no rich

    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - len(ellipsis))).rstrip() + ellipsis


def first_lines(text: str, lines: int, wrap: Callable[[str], list[str]], ellipsis: str) -> str:
    """As many whole sentences of `text` as `wrap` puts on `lines` lines; a part, if none fits."""
    kept = ""
    for part in _SENTENCE_END.split(text):
        longer = f"{kept} {part}".strip()
        if len(wrap(longer)) > lines:
            break
        kept = longer
    if kept:
        return kept
    words = text.split(" ")
    while len(words) > 1 and len(wrap(" ".join(words) + ellipsis)) > lines:
        words.pop()
    return " ".join(words) + ellipsis


def fix_command(report: Report) -> str:
    """What to type to have the repairs applied; what is not safe or not proven it leaves out."""
    script = report.script
    target = (
        [script.path] if script.path.endswith((".py", ".pyw", ".ipynb")) else ["-m", script.path]
    )
    return shlex.join(["whytorch", "fix", "--write", *target, *script.args])


class SourceLine(NamedTuple):
    """A line of the user's source; `marked` if it belongs to the place itself."""

    number: int
    text: str
    marked: bool


def source_around(place: Place, context: int = 2) -> list[SourceLine]:
    """The lines of `place` with `context` around them, or only its own where the file is gone."""
    lines = _read(place.path) if place.cell is None else _cell(place.path, place.cell)
    if not 1 <= place.line <= len(lines) or _changed(place, lines):
        own = (place.code or "").strip("\n").split("\n")[:_MOST_MARKED] if place.code else []
        return _dedented(SourceLine(place.line + i, line, True) for i, line in enumerate(own))
    last = min(max(place.end_line or 0, place.line), place.line + _MOST_MARKED - 1)
    window = [
        SourceLine(number, line, place.line <= number <= last)
        for number, line in enumerate(lines, start=1)
        if place.line - context <= number <= last + context
    ]
    while not window[0].marked and not window[0].text.strip():
        del window[0]
    while not window[-1].marked and not window[-1].text.strip():
        del window[-1]
    return _dedented(window)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _OBEYED:
        return character
    return character.encode("unicode_escape").decode("ascii")


def _changed(place: Place, lines: list[str]) -> bool:
    """Whether the file is another one than when the run was recorded."""
    code = (place.code or "").strip().split("\n")[0].strip()
    return code not in lines[place.line - 1]


def _read(path: str) -> list[str]:
    """The lines of a file as Python counts them; none if it cannot be read."""
    try:
        file = Path(path)
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            return []
        text = file.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return []
    return text.split("\n")  # not splitlines: a form feed ends no line of Python


def _cell(path: str, cell: int) -> list[str]:
    """The lines of a notebook's cell, as the user wrote them."""
    from whytorch.script import ScriptError
    from whytorch.script.notebook import code_cells

    text = "\n".join(_read(path))
    try:
        return dict(code_cells(text.encode("utf-8", "replace"), path)).get(cell, "").split("\n")
    except ScriptError:
        return []


def _dedented(window: Iterable[SourceLine]) -> list[SourceLine]:
    lines = [line._replace(text=line.text[:_LONGEST].expandtabs(4).rstrip()) for line in window]
    indents = [len(line.text) - len(line.text.lstrip()) for line in lines if line.text]
    cut = min(indents, default=0)
    return [line._replace(text=line.text[cut:]) for line in lines]
