"""Putting hooks into torch, taking them out again, and keeping their faults from the script."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MISSING = object()


class Patches:
    """Attributes replaced on modules and classes, each put back by `undo`."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace `owner.name` by `make(original)`; skipped where this torch lacks it."""
        original = getattr(owner, name, None)
        if original is None:
            return
        own = owner.__dict__.get(name, _MISSING)
        setattr(owner, name, make(original))

        def restore() -> None:
            if own is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(restore)

    def later(self, undo: Callable[[], None]) -> None:
        """Register another action for `undo`."""
        self._undo.append(undo)

    def undo(self) -> None:
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


def harmless(method: F) -> F:
    """A hook body: whatever it raises is noted on `self.recorder.faults`, and the script goes on."""
    name = method.__qualname__

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception:
            self.recorder.faults.note(name)
            return None

    return guarded  # type: ignore[return-value]
