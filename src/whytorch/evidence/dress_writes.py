"""The functions of `os` that write, as a dress rehearsal does them: in the scratch folder only.

Each raises what the script would see in reality, with one exception on purpose: a real folder
that may not be written to is no obstacle, since nothing is written to it.
"""

from __future__ import annotations

import errno
import functools
import os
import stat
from collections.abc import Callable
from typing import Any

from whytorch.evidence.dress_reads import Reads, as_given, reading
from whytorch.evidence.dress_view import Entry, error, real

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TMPFILE = getattr(os, "O_TMPFILE", 0)
_OWN_FAULTS = (LookupError, AttributeError, NameError)


def writing(slow: Callable[..., Any], name: str = "") -> Callable[..., Any]:
    """Keeps others out meanwhile. A fault of our own becomes an OSError: the original function
    would write to the user's file, and a script is prepared for a failing write if for anything.
    (A TypeError or ValueError is the script's own: an argument that the original rejects too.)"""
    name = name or slow.__name__
    original: Callable[..., Any] | None = getattr(real, name, None)

    @functools.wraps(slow)
    def call(self: Writes, *args: Any, **kwargs: Any) -> Any:
        assert original is not None
        if not self.view.live:
            return original(*args, **kwargs)
        try:
            with self.view.alone():
                return slow(self, *args, **kwargs)
        except OSError as problem:
            as_given(problem, name, args, kwargs)
            raise
        except _OWN_FAULTS as fault:
            self.view.fault(fault)
            lost = OSError(errno.EIO, "the rehearsal could not redirect this write", "")
            as_given(lost, name, args, kwargs)
            raise lost from fault

    return call


class Writes(Reads):
    """The whole of `os` that takes a path."""

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> Any:
        if not (flags & _WRITES or (_TMPFILE and flags & _TMPFILE == _TMPFILE)):
            return self._open_to_read(path, flags, mode, dir_fd=dir_fd)
        if not self.view.live:
            return real.open(path, flags, mode, dir_fd=dir_fd)
        where, flags = self.place_to_write(path, flags, dir_fd=dir_fd)
        try:
            return real.open(where, flags, mode)  # without the lock: a pipe waits for its reader
        except OSError as problem:
            as_given(problem, "open", (path,), {})
            raise

    @functools.partial(reading, name="open")
    def _open_to_read(self, path: Any, flags: int, mode: int, *, dir_fd: int | None) -> Any:
        follow = not flags & os.O_NOFOLLOW
        return real.open(self._existing(path, dir_fd, follow).where, flags, mode)

    @functools.partial(writing, name="open")
    def place_to_write(self, path: Any, flags: int, *, dir_fd: int | None) -> tuple[str, int]:
        exclusive = bool(flags & os.O_EXCL and flags & os.O_CREAT)
        slash = bool(flags & os.O_CREAT) and os.fsdecode(path).endswith("/")
        name = os.fsdecode(path).rstrip("/") if slash else path
        entry = self.view.find(name, dir_fd, not (exclusive or flags & os.O_NOFOLLOW))
        if entry.folder.native:
            return entry.where, flags
        if slash:
            raise error(errno.EISDIR)
        if entry.st is None:
            if not flags & os.O_CREAT:
                raise error(errno.ENOENT)
            return self.view.place_new(entry), flags
        if exclusive:
            raise error(errno.EEXIST)
        if entry.is_dir and _TMPFILE and flags & _TMPFILE == _TMPFILE:
            return self.view.root, flags  # a file without a name may lie anywhere
        access = flags & os.O_ACCMODE
        if not entry.is_a(stat.S_ISREG) or (access == os.O_RDONLY and not flags & os.O_TRUNC):
            return entry.where, flags & ~os.O_CREAT
        if not entry.upper:
            needed = os.W_OK | (os.R_OK if access == os.O_RDWR else 0)
            if not real.access(entry.where, needed, effective_ids=True):
                raise error(errno.EACCES)
        return self.view.copy_up(entry, empty=bool(flags & os.O_TRUNC)), flags

    # --- making ------------------------------------------------------------------------------

    @writing
    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        entry = self._find_bare(path, dir_fd)
        if entry.folder.native:
            return real.mkdir(entry.where, mode)
        real.mkdir(self.view.place_new(entry), mode)
        self.view.hide_below(entry)

    @writing
    def mkfifo(self, path: Any, mode: int = 0o666, *, dir_fd: int | None = None) -> None:
        real.mkfifo(self._new(path, dir_fd), mode)

    @writing
    def mknod(
        self, path: Any, mode: int = 0o600, device: int = 0, *, dir_fd: int | None = None
    ) -> None:
        real.mknod(self._new(path, dir_fd), mode, device)

    @writing
    def symlink(
        self, src: Any, dst: Any, target_is_directory: bool = False, *, dir_fd: int | None = None
    ) -> None:
        if not os.fspath(src):
            raise error(errno.ENOENT)
        real.symlink(src, self._new(dst, dir_fd))

    @writing
    def link(
        self,
        src: Any,
        dst: Any,
        *,
        src_dir_fd: int | None = None,
        dst_dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:
        old = self._existing(src, src_dir_fd, follow=False)
        new = self._find_new(dst, dst_dir_fd)
        if old.is_dir:
            raise error(errno.EPERM)
        where = old.where if old.folder.native else self.view.copy_up(old)
        real.link(where, new.where if new.folder.native else self.view.place_new(new))

    def _find_bare(self, path: Any, dir_fd: int | None) -> Entry:
        name = os.fsdecode(path)
        return self.view.find(name.rstrip("/") or name, dir_fd, follow=False)

    def _find_new(self, path: Any, dir_fd: int | None) -> Entry:
        entry = self._find_bare(path, dir_fd)
        if entry.st is not None:
            raise error(errno.EEXIST)
        if os.fsdecode(path).endswith("/"):
            raise error(errno.ENOENT)
        return entry

    def _new(self, path: Any, dir_fd: int | None) -> str:
        entry = self._find_new(path, dir_fd)
        return entry.where if entry.folder.native else self.view.place_new(entry)

    # --- removing and moving -----------------------------------------------------------------

    @writing
    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        entry = self._existing(path, dir_fd, follow=False)
        if entry.folder.native:
            return real.unlink(entry.where)
        if entry.is_dir:
            raise error(errno.EISDIR)
        self.view.remove(entry)

    @writing
    def remove(self, path: Any, *, dir_fd: int | None = None) -> None:
        self.unlink(path, dir_fd=dir_fd)

    @writing
    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        entry = self._existing(path, dir_fd, follow=False)
        if entry.folder.native:
            return real.rmdir(entry.where)
        if not entry.is_dir:
            raise error(errno.ENOTDIR)
        if _last(path) == ".":
            raise error(errno.EINVAL)
        if self.view.scan(self.view.folder(entry.path)):
            raise error(errno.ENOTEMPTY)
        self.view.remove(entry)

    @writing
    def rename(
        self, src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        old = self.view.find(src, src_dir_fd, follow=False)
        new = self.view.find(dst, dst_dir_fd, follow=False)
        if old.folder.native and new.folder.native:
            return real.rename(old.where, new.where)
        if _last(src) in (".", "..") or _last(dst) in (".", ".."):
            raise error(errno.EBUSY)
        if old.st is None:
            raise error(errno.ENOENT)
        if not old.is_dir and os.fsdecode(dst).endswith("/"):
            raise error(errno.ENOTDIR)
        if new.st is not None and os.path.samestat(old.st, new.st):
            return
        self._check_rename(old, new)
        self._move(old, new)

    @writing
    def replace(
        self, src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        self.rename(src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    def _check_rename(self, old: Entry, new: Entry) -> None:
        if old.is_dir and f"{new.path}/".startswith(f"{old.path}/"):
            raise error(errno.EINVAL)
        if f"{old.path}/".startswith(f"{new.path}/"):
            raise error(errno.ENOTEMPTY)
        if new.st is None:
            return
        if old.is_dir != new.is_dir:
            raise error(errno.ENOTDIR if old.is_dir else errno.EISDIR)
        if new.is_dir and self.view.scan(self.view.folder(new.path)):
            raise error(errno.ENOTEMPTY)

    def _move(self, old: Entry, new: Entry) -> None:
        """Moves what is in scratch, or a copy of what is real, and hides the old place."""
        if new.folder.native and old.is_dir:
            raise error(errno.EXDEV)  # its marks mean nothing there; shutil.move then copies
        source = old.where if old.folder.native else self.view.copy_tree(old)
        real.rename(source, new.where if new.folder.native else self.view.clear_place(new, old))
        if not new.folder.native:
            self.view.hide_below(new)
        if new.st is not None and not new.is_a(stat.S_ISREG):
            self.view.bump()  # a link that led somewhere is no longer
        if not old.folder.native:
            self.view.mark_gone(old)

    # --- changing ----------------------------------------------------------------------------

    @writing
    def truncate(self, path: Any, length: int) -> None:
        if isinstance(path, int):
            return real.truncate(path, length)
        fd = self.open(path, os.O_WRONLY)
        try:
            real.truncate(fd, length)
        finally:
            real.close(fd)

    @writing
    def chmod(self, path: Any, mode: int, **options: Any) -> None:
        self._change("chmod", path, mode, **options)

    @writing
    def chown(self, path: Any, uid: int, gid: int, **options: Any) -> None:
        self._change("chown", path, uid, gid, **options)

    @writing
    def lchown(self, path: Any, uid: int, gid: int) -> None:
        self._change("chown", path, uid, gid, follow_symlinks=False)

    @writing
    def utime(self, path: Any, *times: Any, **options: Any) -> None:
        self._change("utime", path, *times, **options)

    @writing
    def setxattr(self, path: Any, attribute: Any, value: Any, *flags: int, **options: Any) -> None:
        self._change("setxattr", path, attribute, value, *flags, **options)

    @writing
    def removexattr(self, path: Any, attribute: Any, **options: Any) -> None:
        self._change("removexattr", path, attribute, **options)

    @writing
    def fchmod(self, fd: int, mode: int) -> None:
        self._change("chmod", fd, mode)

    @writing
    def fchown(self, fd: int, uid: int, gid: int) -> None:
        self._change("chown", fd, uid, gid)

    def _change(self, name: str, path: Any, *values: Any, **options: Any) -> None:
        """Changes what is known about a file. Of a real folder it stays as it is: a copy in
        scratch would have to be merged with it, and no training script ever asks again."""
        change = getattr(real, name)
        if isinstance(path, int):
            if self.view.is_ours(path):
                change(path, *values)
            return
        dir_fd = options.pop("dir_fd", None)
        entry = self._existing(path, dir_fd, options.get("follow_symlinks", True))
        if entry.folder.native:
            change(entry.where, *values, **options)
        elif not (entry.is_dir and entry.where == entry.path):
            change(self.view.copy_up(entry), *values, **options)


def _last(path: Any) -> str:
    return os.fsdecode(path).rstrip("/").rpartition("/")[2]
