"""What the room `script` hands on: a script with the files of its project."""

from __future__ import annotations

import ast
from pathlib import Path

from msgspec import Struct

from whytorch.records import Place


class ScriptError(Exception):
    """The script can't be read. The message is for the user; `place` is where, if it has a line."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place


class SourceFile(Struct, frozen=True, eq=False):
    """One file, parsed. Lines are as Python counts them: `lines[0]` is line 1."""

    path: str  # as shown to the user
    absolute: Path
    text: str  # decoded; no byte order mark; every line ends in \n
    lines: tuple[str, ...]
    tree: ast.Module
    modules: tuple[str, ...] = ()  # names under which it is imported, first seen first
    # Of a notebook: of each code cell that was read its first line here, and its number.
    cells: tuple[tuple[int, int], ...] = ()


class Script(Struct, frozen=True, eq=False):
    """The script, its own arguments, and the project's files that it imports."""

    path: str  # as the user gave it; of a module, relative to the working directory
    absolute: Path
    args: tuple[str, ...]
    module: str | None  # pkg.train if it was given as -m pkg.train
    sha256: str
    files: tuple[SourceFile, ...]  # the script first
    cwd: Path
    unread: tuple[str, ...] = ()  # imported files that could not be read, each with the reason
    more: bool = False  # the project imports more files than are read
    notes: tuple[str, ...] = ()  # what of a notebook is left out, for the user
