"""The functions of `os` that read, as a dress rehearsal answers them: from the merged view.

Until something is written they cost one look at shared memory. The methods bear the names of
the functions they stand in for, and are put there bound: a bound method, like the built-in
function it replaces and unlike a plain function, stays as it is when it is a class attribute.
"""

from __future__ import annotations

import errno
import functools
import importlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any

from whytorch.evidence.dress_overlay import Overlay
from whytorch.evidence.dress_view import Entry, Folder, error, real

# What a fault of our own looks like. Nothing wider: an exception that a signal handler or the
# time-lapse raises in here belongs to the script and passes.
OWN_FAULTS = (TypeError, ValueError, LookupError, AttributeError, NameError)
_NAMELESS = ("utime",) if sys.version_info < (3, 13) else ()  # errors without a file name
_TWO_PATHS = ("rename", "replace", "link", "symlink")


def as_given(problem: OSError, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Lets an error name the path as the script wrote it, not the place in scratch."""
    given = [*args, *kwargs.values()]
    if given and isinstance(given[0], (str, bytes, os.PathLike)):
        problem.filename = None if name in _NAMELESS else os.fspath(given[0])
        if name in _TWO_PATHS and len(given) > 1:
            problem.filename2 = os.fspath(given[1])


def reading(slow: Callable[..., Any], name: str = "") -> Callable[..., Any]:
    """Asks the original as long as nothing was written, and when the merged view has a fault:
    a reader is better off with the real file than with an exception it can't understand."""
    name = name or slow.__name__
    original: Callable[..., Any] | None = getattr(real, name, None)

    @functools.wraps(slow)
    def call(self: Reads, *args: Any, **kwargs: Any) -> Any:
        assert original is not None
        if not self.cell[0]:
            return original(*args, **kwargs)
        try:
            return slow(self, *args, **kwargs)
        except OSError as problem:
            as_given(problem, name, args, kwargs)
            raise
        except OWN_FAULTS as problem:
            fault = problem
        result = original(*args, **kwargs)  # raises itself if it was the script's argument
        self.view.fault(fault)
        return result

    return call


class Found:
    """What `os.scandir` yields for an entry of a merged folder; a stand-in for os.DirEntry."""

    __slots__ = ("_entry", "_place", "_reads", "name", "path")

    def __init__(self, reads: Reads, entry: os.DirEntry[str], folder: Folder, given: Any) -> None:
        self._reads, self._entry = reads, entry
        self._place = f"{folder.path}/{entry.name}"
        self.name: Any = os.fsencode(entry.name) if isinstance(given, bytes) else entry.name
        self.path: Any = os.path.join(given, self.name)

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def is_symlink(self) -> bool:
        return self._entry.is_symlink()

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._is(stat.S_ISDIR, self._entry.is_dir, follow_symlinks)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self._is(stat.S_ISREG, self._entry.is_file, follow_symlinks)

    def is_junction(self) -> bool:
        return False

    def _is(self, kind: Callable[[int], bool], asked: Callable[..., bool], follow: bool) -> bool:
        if not follow or not self._entry.is_symlink():
            return asked(follow_symlinks=False)
        try:
            return kind(self.stat().st_mode)
        except FileNotFoundError:
            return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        found: os.stat_result = self._reads.status_of(self._place, follow_symlinks)
        return found

    def inode(self) -> int:
        return self.stat(follow_symlinks=False).st_ino


class Scan:
    """The iterator and context manager that `os.scandir` gives."""

    def __init__(self, entries: list[Found]) -> None:
        self._entries: Iterator[Found] = iter(entries)

    def __iter__(self) -> Scan:
        return self

    def __next__(self) -> Found:
        return next(self._entries)

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


class Reads:
    """The reading half of `os`."""

    def __init__(self, view: Overlay) -> None:
        self.view = view
        self.cell = view.cell

    def __reduce__(self) -> Any:
        return importlib.import_module, ("os",)  # so that `os.stat` pickles by its name

    def __deepcopy__(self, memo: object) -> Reads:
        return self

    def _existing(self, path: Any, dir_fd: int | None = None, follow: bool = True) -> Entry:
        entry = self.view.find(path, dir_fd, follow)
        if entry.st is None and not entry.folder.native:
            raise error(errno.ENOENT)
        return entry

    def _where(self, path: Any, follow: bool = True) -> Any:
        return path if isinstance(path, int) else self._existing(path, None, follow).where

    def status_of(self, path: Any, follow: bool, dir_fd: int | None = None) -> os.stat_result:
        entry = self._existing(path, dir_fd, follow)
        if entry.st is None or entry.folder.native:
            found: os.stat_result = real.stat(entry.where, follow_symlinks=follow)
            return found
        return entry.st

    @reading
    def stat(
        self, path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True
    ) -> os.stat_result:
        if isinstance(path, int):
            found: os.stat_result = real.stat(path)
            return found
        return self.status_of(path, follow_symlinks, dir_fd)

    @reading
    def lstat(self, path: Any, *, dir_fd: int | None = None) -> os.stat_result:
        return self.status_of(path, False, dir_fd)

    @reading
    def access(
        self,
        path: Any,
        mode: int,
        *,
        dir_fd: int | None = None,
        effective_ids: bool = False,
        follow_symlinks: bool = True,
    ) -> bool:
        try:
            where = self._existing(path, dir_fd, follow_symlinks).where
        except OSError:
            return False
        return bool(real.access(where, mode, effective_ids=effective_ids))

    @reading
    def readlink(self, path: Any, *, dir_fd: int | None = None) -> Any:
        target = real.readlink(self._existing(path, dir_fd, False).where)
        return os.fsencode(target) if isinstance(os.fspath(path), bytes) else target

    @reading
    def statvfs(self, path: Any) -> Any:
        return real.statvfs(self._where(path))

    @reading
    def getxattr(self, path: Any, attribute: Any, *, follow_symlinks: bool = True) -> bytes:
        where = self._where(path, follow_symlinks)
        found: bytes = real.getxattr(where, attribute, follow_symlinks=follow_symlinks)
        return found

    @reading
    def listxattr(self, path: Any = None, *, follow_symlinks: bool = True) -> list[str]:
        where = self._where("." if path is None else path, follow_symlinks)
        found: list[str] = real.listxattr(where, follow_symlinks=follow_symlinks)
        return found

    @reading
    def getcwd(self) -> str:
        return self.view.cwd()

    @reading
    def getcwdb(self) -> bytes:
        return os.fsencode(self.view.cwd())

    @reading
    def chdir(self, path: Any) -> None:
        real.chdir(self._where(path))
        self.view.forget()

    @reading
    def fchdir(self, fd: Any) -> None:
        real.fchdir(fd)
        self.view.forget()

    def _opened(self, path: Any) -> Folder:
        """The folder that is to be listed."""
        text = self.view.fd_path(path) if isinstance(path, int) else path
        entry = self._existing(text)
        if not entry.is_dir:
            raise error(errno.ENOTDIR)
        return self.view.folder(entry.path if entry.name else "")

    @reading
    def listdir(self, path: Any = None) -> list[Any]:
        folder = self._opened("." if path is None else path)
        if not folder.has_upper:
            names = real.listdir(folder.path or "/")
        else:
            names = [entry.name for entry in self.view.scan(folder)]
        if path is None or isinstance(path, int) or isinstance(os.fspath(path), str):
            return names
        return [os.fsencode(name) for name in names]

    @reading
    def scandir(self, path: Any = None) -> Any:
        folder = self._opened("." if path is None else path)
        if isinstance(path, int):  # the entries then bear their names only
            return Scan([Found(self, e, folder, "") for e in self.view.scan(folder)])
        given = "." if path is None else os.fspath(path)
        if not folder.has_upper and self.view.literal(given) == folder.path:
            return real.scandir(path)
        return Scan([Found(self, e, folder, given) for e in self.view.scan(folder)])
