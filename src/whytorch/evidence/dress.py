"""The dress rehearsal: a script runs, writes its files and reads them back, and nothing of the
user's is changed on disk.

`Dress.install` puts the functions of `dress_writes` in the place of Python's own, in the process
that runs the script; its workers inherit them. Not covered: programs that the script starts,
and native writers that are not in `dress_native`. For these, `fingerprint` is taken of the
script's folder before and after, and `changed` names what they touched.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import multiprocessing.process
import os
import stat
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from whytorch.evidence.dress_native import NativeCalls
from whytorch.evidence.dress_overlay import Overlay
from whytorch.evidence.dress_reads import OWN_FAULTS
from whytorch.evidence.dress_view import GONE, OPAQUE, real
from whytorch.evidence.dress_writes import Writes

LIMIT = 20_000
_SHOWN = 200
_SKIPPED = frozenset((".git", ".venv", "node_modules", "__pycache__"))
_SETS = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")
_READ_MODES = frozenset(("r", "rb", "rt", "br", "tr"))
# importlib reads modules through posix and _io; it sees the real files, as fast as ever.
_UNTOUCHED = ("posix", "_io")
_JOIN = "whytorch_dress"
_IN_CLASS = "__module__"  # a key of the dict of every class


class Dress:
    """The files of a rehearsal: what the script writes lands in `scratch`.

    Paths in `scratch` itself and under /dev, /proc and /sys are not redirected. Everything that
    `wrote` and `wrote_count` need is on disk: another process can ask after this one has died.
    """

    def __init__(self, scratch: Path) -> None:
        self._view = Overlay(scratch)
        self._calls = Writes(self._view)
        self._natives = NativeCalls(self._calls)
        self._swapped: list[tuple[Any, Any]] = []  # original, ours

    @property
    def installed(self) -> bool:
        return self._view.live

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong in the overlay itself."""
        return tuple(self._view.faults)

    def install(self) -> None:
        """Redirects all writes from here on; call it once torch is imported."""
        if real.open is not os.open:
            raise RuntimeError("a dress rehearsal is going on in this process already")
        if os.name != "posix":
            return
        self._view.open_up()
        self._calls.cell = self._view.cell
        self._bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        for name, original in vars(real).items():
            if hasattr(Writes, name) and not name.startswith("_"):
                self._swapped.append((original, getattr(self._calls, name)))
        self._swapped.append((real.io_open, _Io(self._calls).open))
        for supported in (getattr(os, name) for name in _SETS):
            supported |= {ours for original, ours in self._swapped if original in supported}
        _swap([*self._swapped, *self._natives.install()])
        _process_config()[_JOIN] = _Joining(self._view.root)

    def uninstall(self) -> None:
        """Puts Python's own functions back; what was written stays in scratch."""
        if not self.installed:
            return
        _process_config().pop(_JOIN, None)
        self._view.shut()
        self._calls.cell = bytes(1)  # whoever kept one of our functions gets the original
        _swap([*((ours, b) for b, ours in self._swapped), *self._natives.uninstall()])
        for supported in (getattr(os, name) for name in _SETS):
            supported -= {ours for _, ours in self._swapped}
        self._swapped.clear()
        sys.dont_write_bytecode = self._bytecode

    @property
    def wrote(self) -> list[str]:
        """The files that the script wrote or changed and did not delete, by their real paths.

        The first 200, in the order of their last change; `wrote_count` says how many there are.
        """
        return [path for _, path in sorted(self._written())[:_SHOWN]]

    @property
    def wrote_count(self) -> int:
        return sum(1 for _ in self._written())

    def _written(self) -> Iterator[tuple[int, str]]:
        for path, st in _walk(self._view.files):
            if path.endswith(f"/{OPAQUE}"):
                continue
            if not stat.S_ISLNK(st.st_mode) or real.readlink(path) != GONE:
                yield st.st_ctime_ns, path[len(self._view.files) :]


class _Io:
    """`open`, which is the same function in builtins and io."""

    def __init__(self, calls: Writes) -> None:
        self._calls = calls

    def __reduce__(self) -> Any:
        return importlib.import_module, ("io",)

    def __deepcopy__(self, memo: object) -> _Io:
        return self

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if opener is None and not self._is_plain(file, mode):
            opener = self._opener  # the file keeps the name by which the script opened it
        return real.io_open(file, mode, buffering, encoding, errors, newline, closefd, opener)

    def _is_plain(self, file: Any, mode: str) -> bool:
        """Whether the original opens what we would, as it nearly always does to read."""
        if mode not in _READ_MODES:
            return False
        if not self._calls.cell[0]:
            return True
        if isinstance(file, int):
            return True
        try:
            path = os.fspath(file)
            return isinstance(path, str) and self._calls.view.is_plain(path)
        except (OSError, *OWN_FAULTS):
            return False  # the way through the merged view says what is wrong

    def _opener(self, path: Any, flags: int) -> int:
        fd: int = self._calls.open(path, flags, 0o666)
        return fd


class _Joining:
    """Dresses the workers that are spawned and not forked: it lies among the settings that a
    process hands on to its children, which a forked one has already and a new one unpickles."""

    def __init__(self, root: str) -> None:
        self._root = root

    def __reduce__(self) -> Any:
        return _join, (self._root,)


def _join(root: str) -> _Joining:
    if real.open is os.open:
        Dress(Path(root)).install()
    return _Joining(root)


def _process_config() -> dict[str, Any]:
    config: dict[str, Any] = getattr(multiprocessing.process.current_process(), "_config", {})
    return config


def _swap(pairs: list[tuple[Any, Any]]) -> None:
    """Puts the second of each pair in the place of the first, wherever that is held: in modules,
    in classes, in default arguments, in tables. Many took `open` or `os.unlink` at their import,
    tempfile and numpy among them, so it does not do to replace the name in `os` alone."""
    new = {id(old): ours for old, ours in pairs}
    holders = gc.get_referrers(*(old for old, _ in pairs))
    nested = [
        h for h in holders if isinstance(h, tuple) or (isinstance(h, dict) and _IN_CLASS in h)
    ]
    for owner in gc.get_referrers(*nested):
        if isinstance(owner, types.FunctionType) and owner.__defaults__:
            owner.__defaults__ = tuple(new.get(id(value), value) for value in owner.__defaults__)
        elif isinstance(owner, type):  # setattr, for the interpreter remembers methods
            for key in [key for key, value in vars(owner).items() if id(value) in new]:
                setattr(owner, key, new[id(vars(owner)[key])])
    spared = {id(getattr(ours, "__dict__", None)) for _, ours in pairs} | {id(vars(real))}
    spared |= {id(vars(sys.modules[name])) for name in _UNTOUCHED}
    for holder in holders:
        if isinstance(holder, dict) and id(holder) not in spared:
            for key in [key for key, value in holder.items() if id(value) in new]:
                holder[key] = new[id(holder[key])]


def _walk(folder: str, skipped: frozenset[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Every file below a folder with its lstat, sorted; what can't be read is left out."""
    try:
        with real.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: str(entry.name))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in skipped:
                yield from _walk(entry.path, skipped)
        else:
            try:
                yield entry.path, entry.stat(follow_symlinks=False)
            except OSError:
                continue


def fingerprint(folder: Path, limit: int = LIMIT) -> dict[str, tuple[int, int]]:
    """(size, mtime in ns) of each real file below `folder`, by its path from there.

    At most `limit` of them; .git, .venv, node_modules and __pycache__ are passed over.
    """
    root = str(folder)
    files = itertools.islice(_walk(root, _SKIPPED), limit)
    return {os.path.relpath(path, root): (st.st_size, st.st_mtime_ns) for path, st in files}


def changed(
    before: Mapping[str, tuple[int, int]],
    after: Mapping[str, tuple[int, int]],
    limit: int = LIMIT,
) -> list[str]:
    """The files that were changed, created or deleted between two fingerprints.

    Of a folder with more than `limit` files only those in both count: which of the others were
    left out for the limit is not known.
    """
    whole = len(before) < limit and len(after) < limit
    names = before.keys() | after.keys() if whole else before.keys() & after.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))
