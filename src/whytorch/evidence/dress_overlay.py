"""Places in the scratch folder of a dress rehearsal for what the script writes.

Whoever changes the overlay does so `alone`, of all threads and processes; readers need not wait,
since every change of a file becomes visible in one step.
"""

from __future__ import annotations

import errno
import itertools
import mmap
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from whytorch.evidence.dress_view import GONE, OPAQUE, Entry, Folder, View, error, real, status

if os.name == "posix":
    import fcntl

_BLOCK = 1 << 20


class Overlay(View):
    """The merged view and the changes to it, none of which reaches a real file."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self._work = f"{self.root}/work"  # half-made files, moved into place when whole
        self._lock = threading.RLock()
        self._depth = 0
        self._fd = -1
        self.live = False
        self.faults: list[str] = []
        self._count = itertools.count()

    def open_up(self) -> None:
        """Makes the scratch folder and the memory that all processes of the script share."""
        for folder in (self.root, self.files, self._work):
            os.makedirs(folder, exist_ok=True)
        self._fd = real.open(f"{self.root}/cell", os.O_RDWR | os.O_CREAT, 0o600)
        real.truncate(self._fd, 16)
        self.cell = mmap.mmap(self._fd, 16)
        self.live = True
        os.register_at_fork(after_in_child=self._after_fork)

    def shut(self) -> None:
        """Ends the redirection; what was written stays where it is."""
        self.live = False
        real.close(self._fd)

    def is_ours(self, fd: int) -> bool:
        """Whether an open file may be changed: all but the user's."""
        try:
            path = real.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            return False
        return not path.startswith("/") or path.startswith((f"{self.root}/", "/dev/"))

    def _after_fork(self) -> None:
        self._lock = threading.RLock()  # another thread may have held it
        self._depth = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps the other threads out, and the other processes with a lock that a fork does not
        share. Where files can't be locked, as on some network drives, workers take their chance."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._lock_file(fcntl.LOCK_EX)
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._lock_file(fcntl.LOCK_UN)

    def _lock_file(self, command: int) -> None:
        with suppress(OSError):
            fcntl.lockf(self._fd, command)

    def fault(self, fault: BaseException) -> None:
        if len(self.faults) < 20:
            self.faults.append(f"{type(fault).__name__}: {fault}")

    def make_upper(self, folder: Folder) -> None:
        """Makes sure that the folder has a place in scratch, and the parents of it too."""
        if folder.has_upper and self.cell[0]:
            return
        path = self.files
        for part in folder.path.split("/")[1:]:
            path = f"{path}/{part}"
            try:
                real.mkdir(path)
            except FileExistsError:
                pass
        folder.has_upper = True
        self.bump()

    def place_new(self, entry: Entry) -> str:
        """A free place in scratch for an entry that does not exist yet."""
        if entry.st is not None:
            raise error(errno.EEXIST, entry.path)
        self.make_upper(entry.folder)
        if entry.gone:
            real.unlink(entry.scratch)
        return entry.scratch

    def temporary(self) -> str:
        return f"{self._work}/{os.getpid()}-{next(self._count)}"

    def copy_up(self, entry: Entry, empty: bool = False) -> str:
        """Copies what is real into scratch, so that it can be changed; folders stay empty."""
        if entry.upper or entry.st is None:
            return entry.scratch
        self.make_upper(entry.folder)
        if stat.S_ISDIR(entry.st.st_mode):
            real.mkdir(entry.scratch)
            self.bump()
            return entry.scratch
        made = self.temporary()
        if stat.S_ISLNK(entry.st.st_mode):
            real.symlink(real.readlink(entry.where), made)
        elif stat.S_ISREG(entry.st.st_mode):
            _copy(os.devnull if empty else entry.where, made, entry.st)
        else:
            raise error(errno.EPERM, entry.path)
        real.rename(made, entry.scratch)
        return entry.scratch

    def copy_tree(self, entry: Entry) -> str:
        """Like `copy_up`, with all that a folder holds."""
        self.copy_up(entry)
        if entry.is_dir:
            folder = self.folder(entry.path)
            for child in self.scan(folder):
                self.copy_tree(self.entry(folder, child.name))
        return entry.scratch

    def remove(self, entry: Entry) -> None:
        """Takes the entry out of the merged view: an empty folder or anything else."""
        if entry.upper and _is_dir(entry.scratch):
            self._wipe(entry.scratch)
        if not self.mark_gone(entry) and status(entry.scratch) is not None:
            real.unlink(entry.scratch)

    def mark_gone(self, entry: Entry) -> bool:
        """Hides what is real under a name that is no longer; False if there is nothing."""
        hides = self._is_real_below(entry)
        if hides:
            self.make_upper(entry.folder)
            mark = self.temporary()
            real.symlink(GONE, mark)
            real.rename(mark, entry.scratch)
        if not entry.is_a(stat.S_ISREG):
            self.bump()
        return hides

    def clear_place(self, entry: Entry, mover: Entry) -> str:
        """The place in scratch to which `mover` can be renamed."""
        self.make_upper(entry.folder)
        if mover.is_dir:
            if _is_dir(entry.scratch):
                self._wipe(entry.scratch)
            elif entry.gone:
                real.unlink(entry.scratch)
        return entry.scratch

    def hide_below(self, entry: Entry) -> None:
        """Hides what is real below a folder that is new in scratch."""
        if _is_dir(entry.scratch) and self._is_real_below(entry):
            real.close(real.open(f"{entry.scratch}/{OPAQUE}", os.O_CREAT | os.O_WRONLY))

    def _is_real_below(self, entry: Entry) -> bool:
        return entry.folder.shows_real and status(entry.path) is not None

    def _wipe(self, scratch: str) -> None:
        """Removes a folder of scratch that is empty but for marks."""
        for name in real.listdir(scratch):
            real.unlink(f"{scratch}/{name}")
        real.rmdir(scratch)


def _is_dir(path: str) -> bool:
    st = status(path)
    return st is not None and stat.S_ISDIR(st.st_mode)


def _copy(source: str, target: str, st: os.stat_result) -> None:
    """Copies bytes, mode and times. Files are not cloned: not every file system can."""
    reader = real.open(source, os.O_RDONLY)
    try:
        writer = real.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            while block := real.read(reader, _BLOCK):
                view = memoryview(block)
                while view:
                    view = view[real.write(writer, view) :]
        finally:
            real.close(writer)
    finally:
        real.close(reader)
    real.chmod(target, stat.S_IMODE(st.st_mode))
    real.utime(target, ns=(st.st_atime_ns, st.st_mtime_ns))
