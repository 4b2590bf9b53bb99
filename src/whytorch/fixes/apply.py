"""Edits -> the new text of each file, and the unified diff. Writes nothing.

Each edit becomes splices of the text at places of its syntax tree, so what no edit names stays as
it is, byte for byte: comments, blank lines, tabs, line ends, encoding and byte order mark.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import tokenize
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from whytorch.fixes.cells import Notebook
from whytorch.fixes.configured import Settings, is_settings
from whytorch.fixes.operators import splices
from whytorch.fixes.text import Refused, Splice, Text
from whytorch.records import AnyEdit, Touched

AnyText = Text | Notebook | Settings

__all__ = ["Patched", "Refused", "Repair", "repair"]


class Patched(Struct, frozen=True):
    """One file before and after, as bytes."""

    path: str
    absolute: Path
    before: bytes
    after: bytes

    @property
    def touched(self) -> Touched:
        digest = hashlib.sha256(self.before).hexdigest()
        return Touched(self.path, str(self.absolute), digest)


class Repair(Struct, frozen=True):
    """All files that change."""

    files: tuple[Patched, ...]

    @property
    def diff(self) -> str:
        return "".join(_diff(file) for file in self.files)


def repair(
    fixes: Sequence[Sequence[AnyEdit]],
    find: Callable[[str], Path | None],
    read: Callable[[Path], bytes] = Path.read_bytes,
) -> Repair:
    """The files with all edits of all fixes in them.

    `find`: from a path as shown to the file; `read`: what it holds (in an editor: by now). Raises
    `Refused`, with the reason, if any edit does not fit its file, or if two of them change the same
    characters: never half a fix.
    """
    texts: dict[str, tuple[AnyText, Path, bytes]] = {}
    made: dict[str, list[tuple[int, Splice]]] = {}
    for edit in (edit for edits in fixes for edit in edits):
        shown = edit.place.path
        if shown not in texts:
            texts[shown] = _read(shown, find(shown), read)
        for splice in _splices(edit, texts[shown][0]):
            _add(splice, made.setdefault(shown, []), f"{shown}:{edit.place.line}")
    files = []
    for shown, (text, absolute, before) in texts.items():
        changed = made.get(shown, [])
        after = _spliced(text, changed)
        if after != before:
            files.append(Patched(shown, absolute, before, after))
    if not files:
        raise Refused("the edits change nothing")
    return Repair(tuple(files))


def _splices(edit: AnyEdit, text: AnyText) -> Iterable[tuple[int, Splice]]:
    """(number of the cell, 0 in a file, splice)."""
    return ((0, s) for s in splices(edit, text)) if isinstance(text, Text) else text.splices(edit)


def _spliced(text: AnyText, changed: Sequence[tuple[int, Splice]]) -> bytes:
    if isinstance(text, Text):
        return text.spliced(splice for _, splice in changed)
    return text.spliced(changed)


def _read(
    shown: str, absolute: Path | None, read: Callable[[Path], bytes]
) -> tuple[AnyText, Path, bytes]:
    if absolute is None:
        raise Refused(f"{shown} is none of the script's files: generated at run time, or foreign")
    try:
        data = read(absolute)
    except OSError as error:
        raise Refused(f"{shown} cannot be read: {error.strerror}") from None
    kind = Notebook if _is_notebook(shown) else Settings if is_settings(shown) else Text
    return kind(data, shown), absolute, data


def _is_notebook(shown: str) -> bool:
    return shown.lower().endswith(".ipynb")


def _add(added: tuple[int, Splice], there: list[tuple[int, Splice]], where: str) -> None:
    """Raise `Refused` where two edits meet. The same one twice is one (an import, say)."""
    cell, new = added
    if added in there:
        return
    for old in (old for number, old in there if number == cell):
        overlap = new.start < old.end and old.start < new.end
        same_point = new.start == old.start and new.end == old.end
        if overlap or same_point:
            raise Refused(f"{where}: another fix changes the same line")
    there.append(added)


def _encoding(data: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def _diff(file: Patched) -> str:
    def lines(data: bytes) -> list[str]:
        foreign = _is_notebook(file.path) or is_settings(file.path)
        encoding = "utf-8-sig" if foreign else _encoding(data)
        text = data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        return [line + "\n" for line in text.removesuffix("\n").split("\n")]

    name = file.path.replace("\\", "/").lstrip("/")
    return "".join(
        difflib.unified_diff(lines(file.before), lines(file.after), f"a/{name}", f"b/{name}", n=3)
    )
