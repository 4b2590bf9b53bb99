"""Which files a check of some paths reads: Python and notebooks, below folders too."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

_SKIPPED = {
    "__pycache__",
    "__pypackages__",
    "build",
    "buck-out",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
}
_SUFFIXES = (".py", ".pyw", ".ipynb")
LARGEST = 1_000_000  # bytes; what is larger was generated (a notebook: mostly its pictures)
LARGEST_NOTEBOOK = 20_000_000

Excluded = Callable[[str], bool]


class Walked(NamedTuple):
    """One file to read (`path` as shown), or why there is none to read."""

    path: str
    absolute: str
    reason: str | None = None


def walk(
    paths: Sequence[str], cwd: str, excluded: Excluded, *, force: bool = False
) -> Iterator[Walked]:
    """Every file to read, each once, in the order given, below folders in that of the names.

    `excluded` is asked for whole paths. A file that is named is read all the same, unless `force`.
    """
    seen: set[str] = set()
    for given in paths:
        absolute = os.path.normpath(os.path.join(cwd, given))
        if os.path.isdir(absolute):
            found = _below(absolute, cwd, given, excluded, seen)
        else:
            shown = os.path.normpath(given)
            wanted = not force or not excluded(absolute)
            one = (_named(shown, absolute), os.path.realpath(absolute))
            found = iter([one] if wanted else [])
        for walked, real in found:
            if real not in seen:
                seen.add(real)
                yield walked


def _named(shown: str, absolute: str) -> Walked:
    if not os.path.exists(absolute):
        return Walked(shown, absolute, "there is no such file or folder")
    if not os.path.isfile(absolute):
        return Walked(shown, absolute, "it is not a regular file")
    if not absolute.lower().endswith(_SUFFIXES) and PurePath(absolute).suffix:
        return Walked(shown, absolute, "it is neither Python (.py) nor a notebook (.ipynb)")
    return Walked(shown, absolute)


def _below(
    top: str, cwd: str, given: str, excluded: Excluded, seen: set[str]
) -> Iterator[tuple[Walked, str]]:
    """Files below a folder, each with what it is when all links are followed.

    A link to a folder is followed unless that was walked already.
    """
    relative = not os.path.isabs(given)
    prefix = "" if os.path.normpath(given) == "." else os.path.normpath(given) + os.sep
    waiting = [(top, prefix if relative else top + os.sep)]
    while waiting:
        folder, shown = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen:  # a link leads back here
            continue
        seen.add(real)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            reason = error.strerror or str(error)
            yield Walked(shown.rstrip(os.sep), folder, reason), f"{real}{os.sep}"
            continue
        inner = []
        for entry in entries:
            try:
                if entry.is_dir():
                    if not _skipped(entry) and not excluded(entry.path):
                        inner.append((entry.path, f"{shown}{entry.name}{os.sep}"))
                elif _wanted(entry) and not excluded(entry.path):
                    own = os.path.join(real, entry.name)
                    own = os.path.realpath(own) if entry.is_symlink() else own
                    yield Walked(shown + entry.name, entry.path), own
            except OSError:
                continue
        waiting += reversed(inner)


def _skipped(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name.startswith(".") or name in _SKIPPED or name.endswith(".egg-info"):
        return True
    return os.path.isfile(os.path.join(entry.path, "pyvenv.cfg"))  # a venv by another name


def _wanted(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    if name.startswith(".") or not name.endswith(_SUFFIXES) or not entry.is_file():
        return False
    limit = LARGEST_NOTEBOOK if name.endswith(".ipynb") else LARGEST
    return entry.stat().st_size <= limit
