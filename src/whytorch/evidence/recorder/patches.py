"""Putting hooks into torch, taking them out again, and keeping their faults from the script."""

from __future__ import annotations

import contextlib
import functools
import traceback
from collections.abc import Callable, Iterator
from threading import get_ident
from types import ModuleType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MISSING = object()


class Patches:
    """Attributes replaced on modules and classes, each put back by `undo`."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._functions: list[tuple[Any, str, Any, Any]] = []
        self._inside = 0  # calls of `originals` going on

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace `owner.name` by `make(original)`; skipped where this torch lacks it."""
        original = getattr(owner, name, None)
        if original is None:
            return
        own = owner.__dict__.get(name, _MISSING)
        hook = make(original)
        for known in ("__module__", "__qualname__", "__doc__"):  # torch.fx writes the name down
            with contextlib.suppress(AttributeError, TypeError):
                setattr(hook, known, getattr(original, known))
        setattr(owner, name, hook)
        if isinstance(owner, ModuleType) or name == "forward":
            self._functions.append((owner, name, original, hook))

        def restore() -> None:
            if name == "forward" and vars(owner).get(name) is not hook:
                return  # the script put in another one since
            if own is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(restore)

    def later(self, undo: Callable[[], None]) -> None:
        """Register another action for `undo`."""
        self._undo.append(undo)

    @contextlib.contextmanager
    def originals(self) -> Iterator[None]:
        """Functions and forwards are the originals meanwhile: TorchScript reads their source.

        It calls itself for functions that a function calls; the hooks are back after the outermost.
        """
        self._inside += 1
        for owner, name, original, hook in reversed(self._functions):
            if vars(owner).get(name) is hook:  # the script may have put in another one
                setattr(owner, name, original)
        try:
            yield
        finally:
            self._inside -= 1
            for owner, name, original, hook in self._functions if not self._inside else ():
                if vars(owner).get(name) is original:
                    setattr(owner, name, hook)

    def undo(self) -> None:
        self._functions.clear()
        while self._undo:
            self._undo.pop()()


class Faults:
    """The recorder's own errors: kept for the report, never raised into the script."""

    def __init__(self, limit: int = 20) -> None:
        self.seen: dict[str, str] = {}
        self._limit = limit

    def note(self, where: str) -> None:
        if len(self.seen) < self._limit:
            self.seen.setdefault(where, traceback.format_exc(limit=-3)[-600:])


def while_awake(method: F) -> F:
    """As `harmless`, for what is called at every step: at rest it costs next to nothing."""
    body = harmless(method)

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = self.recorder
        if recorder.awake and get_ident() == recorder.thread:
            return body(self, *args, **kwargs)
        return None

    return guarded  # type: ignore[return-value]


def harmless(method: F) -> F:
    """A hook body: what it raises is noted on `self.recorder.faults`, and the script goes on."""
    name = method.__qualname__

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception:
            self.recorder.faults.note(name)
            return None

    return guarded  # type: ignore[return-value]
