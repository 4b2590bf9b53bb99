"""Putting hooks into torch, taking them out again, and keeping their faults from the script."""

from __future__ import annotations

import contextlib
import functools
import traceback
from collections.abc import Callable, Iterator
from threading import get_ident
from types import ModuleType
from typing import Any, TypeVar

from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

F = TypeVar("F", bound=Callable[..., Any])
StepHook = Callable[[Any, Any, Any], None]  # of the optimizer, and what its step was given
_MISSING = object()


def nothing(optimizer: Any, args: Any, kwargs: Any) -> None:
    """A step at rest that nobody counts."""


class Hook:
    """A function of ours in the place of `owner.name`, which can be taken out and put back."""

    def __init__(self, owner: Any, name: str, function: Any) -> None:
        self._owner, self._name, self._function = owner, name, function
        self._own = owner.__dict__.get(name, _MISSING)  # what stood there, if it was not inherited

    def take_out(self) -> None:
        """What stood there before stands there again, unless the script put in something else."""
        if self._owner.__dict__.get(self._name, _MISSING) is self._function:
            if self._own is _MISSING:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._own)

    def put_back(self) -> None:
        if self._owner.__dict__.get(self._name, _MISSING) is self._own:
            setattr(self._owner, self._name, self._function)


class Patches:
    """Attributes replaced on modules and classes, each put back by `undo`.

    Those that are `idle` at rest, of which a step calls many, are taken out for that time: to call
    a function that gives way at once costs a small network more than its looks.
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._idle: list[Hook] = []
        self._rests = False
        self._before_steps: list[StepHook] = []
        self._after_steps: list[StepHook] = []
        self.after_resting_step: StepHook = nothing
        self._functions: list[Hook] = []
        self._inside = 0  # calls of `originals` going on

    def wrap(
        self, owner: Any, name: str, make: Callable[[Any], Any], idle: bool = False
    ) -> Hook | None:
        """Replace `owner.name` by `make(original)`; skipped where this torch lacks it."""
        original = getattr(owner, name, None)
        if original is None:
            return None
        hook = make(original)
        for known in ("__module__", "__qualname__", "__doc__"):  # torch.fx writes the name down
            with contextlib.suppress(AttributeError, TypeError):
                setattr(hook, known, getattr(original, known))
        placed = Hook(owner, name, hook)
        setattr(owner, name, hook)
        if idle:
            self._idle.append(placed)
        if isinstance(owner, ModuleType) or name == "forward":
            self._functions.append(placed)
        self._undo.append(placed.take_out)
        return placed

    def rest(self, out: bool = True) -> None:
        """From now on nothing of a step is looked at; `out`: the idle hooks are taken out."""
        self._rests = True
        for hook in reversed(self._idle) if out else ():  # the outer one of two first
            hook.take_out()

    def wake(self) -> None:
        self._rests = False
        for hook in self._idle:
            hook.put_back()

    def around_steps(self, before: StepHook, after: StepHook) -> None:
        """Call these at each step of any optimizer, in the order in which they came. One hook of
        torch's for all, which knows of the rest: a running step allows no exchange."""
        if not self._before_steps:
            self.later(register_optimizer_step_pre_hook(self._before_step).remove)
            self.later(register_optimizer_step_post_hook(self._after_step).remove)
        self._before_steps.append(before)
        self._after_steps.append(after)

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        for hook in () if self._rests else self._before_steps:
            hook(optimizer, args, kwargs)

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._rests:
            self.after_resting_step(optimizer, args, kwargs)
            return
        for hook in self._after_steps:
            hook(optimizer, args, kwargs)

    def later(self, undo: Callable[[], None]) -> None:
        """Register another action for `undo`."""
        self._undo.append(undo)

    @contextlib.contextmanager
    def originals(self) -> Iterator[None]:
        """Functions and forwards are the originals meanwhile: TorchScript reads their source.

        It calls itself for functions that a function calls; the hooks are back after the outermost.
        """
        self._inside += 1
        for hook in reversed(self._functions):
            hook.take_out()
        try:
            yield
        finally:
            self._inside -= 1
            for hook in self._functions if not self._inside else ():
                hook.put_back()

    def undo(self) -> None:
        self.wake()
        self._idle.clear()
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
