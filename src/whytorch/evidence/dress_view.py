"""The merged view of a dress rehearsal: the real file tree with the script's writes on top.

As in a union file system there are two layers. What the script writes lies in the scratch folder
under `files/`, at its own absolute path; whatever is not there is the real tree's. A deleted file
is a symbolic link with an impossible target (`GONE`); a folder that was deleted and made anew
carries a marker (`OPAQUE`) which hides the real folder below it. All state is on disk, so that
forked workers share it. What is remembered about folders is forgotten whenever the shared memory
in `cell` changes: its first byte says whether anything was written yet, the rest is a stamp.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# The functions of `os` as they are before anything is patched. Of the rest of `os` (makedirs,
# walk) and of os.path only what never touches a file may be used here: it would come back to us.
real = SimpleNamespace(**{name: value for name, value in vars(os).items() if callable(value)})
real.io_open = io.open

GONE = "/whytorch/gone"
OPAQUE = ".whytorch-opaque"
_NATIVE = ("/dev", "/proc", "/sys")
_MAX_LINKS = 40


def error(number: int, path: object = None) -> OSError:
    """The OSError (FileNotFoundError, FileExistsError, ...) that the kernel would have raised."""
    return OSError(number, os.strerror(number), path)


def status(path: str) -> os.stat_result | None:
    """lstat, or None where nothing is."""
    try:
        result: os.stat_result = real.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return result


@dataclass(slots=True, eq=False)
class Folder:
    """A folder of the merged view; `path` is canonical, and empty for the root."""

    path: str
    upper: str  # where the script's writes to it lie
    has_upper: bool
    shows_real: bool  # the real folder is there and not hidden
    native: bool = False  # ours or the kernel's: never redirected


@dataclass(slots=True, eq=False)
class Entry:
    """A name in a folder. `where` is its place on disk and `st` its lstat, if it exists."""

    folder: Folder
    name: str
    where: str
    st: os.stat_result | None
    upper: bool = False  # something lies in the scratch folder
    gone: bool = False  # a deletion is noted there

    @property
    def path(self) -> str:
        return f"{self.folder.path}/{self.name}"

    @property
    def scratch(self) -> str:
        return f"{self.folder.upper}/{self.name}"

    def is_a(self, kind: Callable[[int], bool]) -> bool:
        return self.st is not None and kind(self.st.st_mode)

    @property
    def is_dir(self) -> bool:
        return self.is_a(stat.S_ISDIR)


class View:
    """Finds names in the merged view."""

    def __init__(self, scratch: Path) -> None:
        self.root = os.path.realpath(scratch)
        self.files = f"{self.root}/files"
        self.nowhere = f"{self.root}/nothing/here"
        self.natives = frozenset((*_NATIVE, self.root))
        self.cell: Any = bytearray(16)
        self._known: tuple[bytes, dict[str, Folder]] = (b"", {})
        self._plain: tuple[bytes, dict[str, bool]] = (b"", {})

    def bump(self) -> None:
        """Forget what is known about folders, in every process."""
        stamp = (time.monotonic_ns() ^ (os.getpid() << 40)) & (1 << 63) - 1
        self.cell[:16] = b"\1" + stamp.to_bytes(15, "little")

    def is_plain(self, path: str) -> bool:
        """Whether the original function finds the same as we would: something real that is no
        link, in a folder to which nothing was written. Reading 60,000 images asks 60,000 times,
        so what is known about the folder is kept by its name as given; `forget` at a chdir."""
        head, _, name = path.rpartition("/")
        stamp = self.cell[:16]
        if self._plain[0] != stamp:
            self._plain = (stamp, {})
        known = self._plain[1]
        plain = known.get(head)
        if plain is None:
            plain = known[head] = self._is_plain_folder(f"{head}/" if "/" in path else ".")
        if not plain or name in ("", ".", ".."):
            return False
        found = status(path)
        return found is not None and not stat.S_ISLNK(found.st_mode)

    def _is_plain_folder(self, given: str) -> bool:
        try:
            folder = self.folder(self.literal(given))
            kernels, ours = real.stat(given), real.stat(folder.path or "/")
        except OSError:
            return False
        return not folder.has_upper and os.path.samestat(kernels, ours)

    def forget(self) -> None:
        self._plain = (b"", {})

    def cwd(self) -> str:
        """The working folder as the script knows it: it may be one that is only in scratch."""
        return self._as_known(real.getcwd())

    def _as_known(self, path: str) -> str:
        if path == self.files or path.startswith(self.files + "/"):
            return path[len(self.files) :] or "/"
        return path

    def fd_path(self, fd: int) -> str:
        """The path, as the script knows it, of an open folder."""
        try:
            return self._as_known(real.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            if status("/proc/self/fd"):
                raise error(errno.EBADF) from None
            import fcntl  # macOS has no /proc, but can be asked

            command = getattr(fcntl, "F_GETPATH", 50)
            return self._as_known(os.fsdecode(fcntl.fcntl(fd, command, bytes(1024)).rstrip(b"\0")))

    def literal(self, path: Any, dir_fd: int | None = None) -> str:
        """`path` as absolute text; nothing is resolved."""
        text = os.fsdecode(os.fspath(path))
        if not text:
            raise error(errno.ENOENT, text)
        if text.startswith("/"):
            return text
        return f"{self.cwd() if dir_fd is None else self.fd_path(dir_fd)}/{text}"

    def find(self, path: Any, dir_fd: int | None = None, follow: bool = True) -> Entry:
        """The entry that `path` names; its folder must exist, it need not."""
        literal = self.literal(path, dir_fd)
        for _ in range(_MAX_LINKS):
            head, _, name = literal.rstrip("/").rpartition("/")
            if name in ("", ".", ".."):
                return self._self_entry(self.folder(literal.rstrip("/")))
            entry = self.entry(self.folder(head), name)
            slash = literal.endswith("/")
            link = entry.is_a(stat.S_ISLNK) and not entry.folder.native
            if not link or not (follow or slash):
                if slash and entry.st is not None and not entry.is_dir and not link:
                    raise error(errno.ENOTDIR, literal)
                return entry
            literal = self._target(entry) + "/" * slash
        raise error(errno.ELOOP, literal)

    def _target(self, link: Entry) -> str:
        target: str = real.readlink(link.where)
        return target if target.startswith("/") else f"{link.folder.path}/{target}"

    def _self_entry(self, folder: Folder) -> Entry:
        if not folder.path:
            return Entry(folder, "", "/", real.lstat("/"), True)
        head, _, name = folder.path.rpartition("/")
        return self.entry(self.folder(head), name)

    def folder(self, literal: str, links: int = 0) -> Folder:
        """The folder that absolute `literal` names, symbolic links in it followed."""
        stamp = self.cell[:16]
        if self._known[0] != stamp:
            self._known = (stamp, {})
        known = self._known[1]
        found = known.get(literal)
        if found is None:
            found = known[literal] = self._folder(literal, links)
        return found

    def _folder(self, literal: str, links: int) -> Folder:
        if links > _MAX_LINKS:
            raise error(errno.ELOOP, literal)
        head, _, name = literal.rpartition("/")
        if literal in ("", "/"):
            return Folder("", self.files, True, True)
        parent = self.folder(head, links)
        if name in ("", "."):
            return parent
        if name == "..":
            return self.folder(parent.path.rpartition("/")[0], links)
        entry = self.entry(parent, name)
        if entry.is_a(stat.S_ISLNK):
            return self.folder(self._target(entry), links + 1)
        if entry.st is None or not entry.is_dir:
            raise error(errno.ENOENT if entry.st is None else errno.ENOTDIR, literal)
        native = parent.native or entry.path in self.natives
        return Folder(entry.path, entry.scratch, entry.upper, entry.where == entry.path, native)

    def entry(self, folder: Folder, name: str) -> Entry:
        """The entry `name` of `folder`, which may not exist."""
        path = f"{folder.path}/{name}"
        if folder.native:
            return Entry(folder, name, path, status(path))
        scratch = f"{folder.upper}/{name}"
        upper = status(scratch) if folder.has_upper else None
        if upper is not None and self.is_gone(scratch, upper):
            return Entry(folder, name, "", None, gone=True)
        below = None
        if folder.shows_real and (upper is None or stat.S_ISDIR(upper.st_mode)):
            below = status(path)
        if upper is None:
            return Entry(folder, name, path, below)
        if below is not None and stat.S_ISDIR(below.st_mode) and not self.is_opaque(scratch):
            return Entry(folder, name, path, below, upper=True)
        return Entry(folder, name, scratch, upper, upper=True)

    @staticmethod
    def is_gone(scratch: str, st: os.stat_result) -> bool:
        return stat.S_ISLNK(st.st_mode) and bool(real.readlink(scratch) == GONE)

    @staticmethod
    def is_opaque(scratch: str) -> bool:
        return status(f"{scratch}/{OPAQUE}") is not None

    def scan(self, folder: Folder) -> list[os.DirEntry[str]]:
        """What the folder holds, both layers merged."""
        upper: dict[str, os.DirEntry[str]] = {}
        if folder.has_upper:
            with real.scandir(folder.upper) as found:
                upper = {e.name: e for e in found if e.name != OPAQUE}
        merged: list[os.DirEntry[str]] = []
        if folder.shows_real:
            with real.scandir(folder.path or "/") as found:
                for below in found:
                    above = upper.get(below.name)
                    if above is None or self._merge(above, below):
                        upper.pop(below.name, None)
                        merged.append(below)
        return merged + [e for e in upper.values() if not self._marks_gone(e)]

    def _merge(self, above: os.DirEntry[str], below: os.DirEntry[str]) -> bool:
        folders = above.is_dir(follow_symlinks=False) and below.is_dir(follow_symlinks=False)
        return folders and not self.is_opaque(above.path)

    @staticmethod
    def _marks_gone(entry: os.DirEntry[str]) -> bool:
        return entry.is_symlink() and bool(real.readlink(entry.path) == GONE)
