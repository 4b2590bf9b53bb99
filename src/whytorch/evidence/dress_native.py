"""Readers and writers in C++ and Rust that open files by themselves, not through Python.

Each is wrapped so that it is handed the place in the scratch folder. Modules of the list that
the script imports later are treated when they are imported; torch's own are loaded already.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from whytorch.evidence.dress_view import real
from whytorch.evidence.dress_writes import Writes


@dataclass(frozen=True)
class Native:
    """A callable that takes a path: as which argument, and what it does with it.

    `how` is "r", "w" (makes it anew), "a" (changes it), or the name of the argument that says.
    """

    module: str
    attribute: str
    position: int
    keyword: str
    how: str


NATIVES = (
    Native("torch._C", "PyTorchFileWriter.__init__", 1, "file_name", "w"),
    Native("torch._C", "PyTorchFileReader.__init__", 1, "arg0", "r"),
    Native("torch._C", "ScriptModule.save", 1, "filename", "w"),
    Native("torch._C", "ScriptFunction.save", 1, "filename", "w"),
    Native("torch._C", "import_ir_module", 1, "arg1", "r"),
    Native("torch", "UntypedStorage.from_file", 0, "filename", "shared"),
    Native("torch", "from_file", 0, "filename", "shared"),
    Native("torchvision.io.image", "read_file", 0, "path", "r"),
    Native("torchvision.io.image", "write_file", 0, "filename", "w"),
    Native("cv2", "imread", 0, "filename", "r"),
    Native("cv2", "imwrite", 0, "filename", "w"),
    Native("cv2", "VideoWriter", 0, "filename", "w"),
    Native("h5py._hl.files", "File.__init__", 1, "name", "mode"),
    Native("safetensors", "safe_open", 0, "filename", "r"),
    Native("safetensors", "serialize_file", 1, "filename", "w"),
    Native("sqlite3", "connect", 0, "database", "a"),
)
_MISSING = object()


class NativeCalls(MetaPathFinder):
    """Wraps what `NATIVES` lists, and undoes it."""

    def __init__(self, calls: Writes) -> None:
        self._calls = calls
        self._done: list[tuple[Any, str, Any, Any]] = []  # owner, name, before, ours

    def install(self) -> list[tuple[Any, Any]]:
        """Returns the functions that other modules may have taken over: (original, ours)."""
        for name in dict.fromkeys(n.module for n in NATIVES):
            if name in sys.modules:
                self._treat(sys.modules[name])
        sys.meta_path.insert(0, self)
        return [(b, ours) for owner, _, b, ours in self._done if isinstance(owner, ModuleType)]

    def uninstall(self) -> list[tuple[Any, Any]]:
        """Returns what other modules may have taken over meanwhile: (ours, original)."""
        sys.meta_path.remove(self)
        for owner, name, original, _ in reversed(self._done):
            if original is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        done, self._done = self._done, []
        return [(ours, b) for owner, _, b, ours in done if isinstance(owner, ModuleType)]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds a listed module as usual, and has it treated right after it ran."""
        if not any(n.module == fullname for n in NATIVES):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                self._treat(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def _treat(self, module: ModuleType) -> None:
        """Wraps what is listed of `module`; what is not there, in another version, is left out."""
        for native in NATIVES:
            if native.module != module.__name__:
                continue
            owner: Any = module
            *path, name = native.attribute.split(".")
            for part in path:
                owner = getattr(owner, part, None)
            original = getattr(owner, name, None)
            if original is not None and not hasattr(original, "whytorch_original"):
                ours = _wrap(original, native, self._calls)
                self._done.append((owner, name, vars(owner).get(name, _MISSING), ours))
                bound = isinstance(owner, type) and native.position == 0
                setattr(owner, name, staticmethod(ours) if bound else ours)


def _wrap(original: Any, native: Native, calls: Writes) -> Callable[..., Any]:
    at = native.position

    @functools.wraps(original, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        path = args[at] if len(args) > at else kwargs.get(native.keyword)
        if _is_path(path):
            how = native.how
            if len(how) > 1:
                how = _asked(how, args[at + 1 :], kwargs)
            there = _to_read(calls, path) if how == "r" else _to_write(calls, path, how == "a")
            if len(args) > at:
                args = (*args[:at], there, *args[at + 1 :])
            else:
                kwargs[native.keyword] = there
        return original(*args, **kwargs)

    call.whytorch_original = original  # type: ignore[attr-defined]
    return call


def _is_path(path: Any) -> bool:
    """A path, and not a buffer, `:memory:`, or a URI."""
    if isinstance(path, str):
        return bool(path) and not path.startswith((":", "file:"))
    return isinstance(path, os.PathLike)


def _asked(argument: str, rest: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """How a file is opened whose mode is the argument right behind the path."""
    mode = kwargs.get(argument, rest[0] if rest else "r")
    if isinstance(mode, str):
        return mode[0] if mode in ("r", "w") else "a"
    return "a" if mode else "r"


def _to_read(calls: Writes, path: Any) -> Any:
    """Where a native reader finds `path`; what is missing, it is to find missing itself."""
    if not calls.cell[0]:
        return path
    try:
        entry = calls.view.find(path)
    except OSError:
        return path if _absent(path) else calls.view.nowhere
    if entry.st is None and entry.folder.shows_real and not entry.gone:
        return path
    return entry.where or entry.scratch


def _to_write(calls: Writes, path: Any, keep: bool) -> Any:
    """Where a native writer is to write. An error that it would meet in reality is left to it,
    so that it speaks in its own words."""
    flags = os.O_WRONLY | os.O_CREAT | (0 if keep else os.O_TRUNC)
    try:
        return calls.place_to_write(path, flags, dir_fd=None)[0]
    except OSError as problem:
        if problem.errno == errno.EACCES or _absent(os.path.dirname(os.fspath(path)) or "."):
            return path
        raise


def _absent(path: Any) -> bool:
    """Whether there is no such thing in the real tree."""
    try:
        real.stat(path)
    except OSError:
        return True
    return False
