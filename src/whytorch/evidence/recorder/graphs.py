"""Autograd graphs that stay in memory after their backward, and what holds them.

A token is laid into the metadata of a node that a network call made. It lives as long as the node:
a token of a call long past says that its graph is held.
"""

from __future__ import annotations

import weakref
from types import FrameType
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.patches import harmless
from whytorch.evidence.recorder.places import is_user_file, user_frame

_KEY = "whytorch"
MANY = 20  # graphs; a script that keeps the last few, or those of an unrolled sequence, stays below
_RECENT = 4  # backwards; what they used may go on living until its variable is bound anew
_DENSE = 1000  # calls, each of which is marked; then every eighth
_SPARSE = 8
_MOST_TOKENS = 50_000
_MOST_NODES = 4_000  # looked at behind one tensor
_MOST_VALUES = 400  # looked at in one frame
_WALKS = 60  # backwards whose whole graph is read when several calls wait for one


class _Token:
    """One network call with gradients."""

    __slots__ = ("__weakref__", "number", "place", "spent")  # spent: at which backward

    def __init__(self, number: int, place: Any) -> None:
        self.number, self.place = number, place
        self.spent: int | None = None


class Graphs:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.again: list[str] = []  # names that lead into a used graph, when a backward refused it
        self._alive: dict[int, weakref.ref[_Token]] = {}
        self._made = 0
        self._calls = 0
        self._waiting: list[int] = []  # numbers of calls whose backward has not come
        self._walks = 0
        self._found: dict[str, dict[str, Any]] = {}
        self._holders: dict[str, dict[str, Any]] = {}
        self._look_at = {"train": MANY, "eval": MANY}

    # --- what happens -------------------------------------------------------------------------

    @harmless
    def called(self, call: Any) -> None:
        """A network call is over: mark the nodes it made."""
        if not call.grad or len(self._alive) >= _MOST_TOKENS:
            return
        self._calls += 1
        if self._calls > _DENSE and self._calls % _SPARSE and not self._found:
            return  # nothing was kept until now: a look now and then will do
        nodes = [o.grad_fn for o in call.outputs[:4] if o.grad_fn is not None]
        if not nodes:
            return
        number = self._made
        self._made += 1
        token = _Token(number, call.place)
        alive = self._alive
        alive[number] = weakref.ref(token, lambda _: alive.pop(number, None))
        for node in nodes:
            node.metadata[_KEY] = token
        self._waiting.append(number)
        if len(self._waiting) >= self._look_at["eval"]:
            self._look("eval", user_frame())

    @harmless
    def before_backward(self, root: Tensor) -> None:
        """Which of the waiting calls does this backward use?"""
        waiting = [n for n in self._waiting if n in self._alive]
        if len(waiting) > 1 and self._walks < _WALKS:
            self._walks += 1
            reached = {t.number for t in _tokens_behind(root, 20_000)}
            self._spend([n for n in waiting if n in reached])
            left = [n for n in waiting if n not in reached and n < max(reached, default=-1)]
            if len(left) >= MANY:
                self._commit("eval", len(left), left)
            self._waiting = []
        else:
            self._spend(waiting[-1:])
            self._waiting = []

    def rests(self) -> None:
        """The backwards of the calls that wait will not be seen."""
        self._waiting = []

    def _spend(self, numbers: list[int]) -> None:
        for number in numbers:
            token = self._token(number)
            if token is not None:
                token.spent = self.recorder.backwards

    @harmless
    def after_backward(self) -> None:
        if len(self._alive) >= self._look_at["train"]:
            self._look("train", user_frame())

    @harmless
    def refused(self, root: Tensor) -> None:
        """A backward found a graph that was used up: which of the user's variables lead there?"""
        frame = user_frame()
        current = max(self._waiting, default=self._made)
        for name, value in _values(frame):
            tensors = [value] if isinstance(value, Tensor) else _first(value)
            for tensor in tensors:
                old = [
                    t for t in _tokens_behind(tensor) if t.spent is not None and t.number < current
                ]
                if old and name not in self.again:
                    self.again.append(name)

    # --- what is kept -------------------------------------------------------------------------

    def _token(self, number: int) -> _Token | None:
        known = self._alive.get(number)
        return known() if known is not None else None

    def _kept(self, phase: str) -> list[int]:
        numbers = list(self._alive)
        if phase == "eval":
            waiting = set(self._waiting)
            return [n for n in numbers if n in waiting]
        long_ago = self.recorder.backwards - _RECENT
        tokens = ((n, self._token(n)) for n in numbers)
        return [n for n, t in tokens if t and t.spent is not None and t.spent < long_ago]

    def _look(self, phase: str, frame: FrameType | None) -> None:
        kept = self._kept(phase)
        if len(kept) < MANY:
            self._look_at[phase] += _RECENT
            return
        self._look_at[phase] *= 2
        if not self._holders.get(phase, {}).get("names"):
            self._holders[phase] = _holder(frame, set(kept))
        if phase == "train":
            self._commit(phase, len(kept), kept)

    def _commit(self, phase: str, count: int, kept: list[int]) -> None:
        known = self._found.setdefault(phase, {"phase": phase, "most": 0, "calls": 0})
        if count > known["most"]:
            token = self._token(kept[0])
            known.update(
                most=count,
                calls=self._made,
                place=token.place if token else None,
                longest=self._made - kept[0],
            )

    def facts(self, final: bool) -> list[dict[str, Any]]:
        """As `KeptGraphs`, one for each phase in which graphs were kept."""
        for phase in ("train", "eval"):
            kept = self._kept(phase)
            if len(kept) >= MANY and (final or phase == "train"):
                self._commit(phase, len(kept), kept)
        return [{**self._holders.get(p, {}), **found} for p, found in self._found.items()]


# --- looking around -----------------------------------------------------------------------------


def _tokens_behind(tensor: Tensor, most: int = _MOST_NODES) -> list[_Token]:
    """The tokens in the graph behind a tensor."""
    if tensor.grad_fn is None:
        return []
    seen, stack = {tensor.grad_fn}, [tensor.grad_fn]
    found: list[_Token] = []
    while stack and len(seen) < most:
        node = stack.pop()
        token = node.metadata.get(_KEY)
        if token is not None and token not in found[-3:]:
            found.append(token)
        for following, _ in node.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                stack.append(following)
    return found


def _first(value: Any) -> list[Tensor]:
    """Tensors directly in a tuple or list, the first few."""
    few = value[:8] if isinstance(value, (list, tuple)) else ()
    return [v for v in few if isinstance(v, Tensor)]


def _values(frame: FrameType | None) -> list[tuple[str, Any]]:
    return list(frame.f_locals.items())[:_MOST_VALUES] if frame is not None else []


def _holder(frame: FrameType | None, kept: set[int]) -> dict[str, Any]:
    """The user's variables that hold most of the kept graphs, from the innermost frame outwards."""
    wanted = min(5, len(kept))
    while frame is not None:
        if is_user_file(frame.f_code.co_filename):
            names = [n for n, value in _values(frame) if _holds(value, kept) >= wanted]
            names += _attributes(frame, kept, wanted)
            if names:
                return {
                    "names": names[:4],
                    "function": frame.f_code.co_name,
                    "path": frame.f_code.co_filename,
                }
        frame = frame.f_back
    return {}


def _attributes(frame: FrameType, kept: set[int], wanted: int) -> list[str]:
    """Of the user's own objects: `self.total`, `meter.sum`."""
    found = []
    for name, value in _values(frame):
        module = getattr(type(value), "__module__", "").partition(".")[0]
        inside = getattr(value, "__dict__", None)
        if not isinstance(inside, dict) or module in ("torch", "builtins", "numpy", "torchvision"):
            continue
        for attribute, item in list(inside.items())[:100]:
            if not attribute.startswith("__") and _holds(item, kept) >= wanted:
                found.append(f"{name}.{attribute}")
    return found


def _holds(value: Any, kept: set[int]) -> int:
    """How many of the kept graphs lead from this value, as far as is looked."""
    if isinstance(value, Tensor):
        return len({t.number for t in _tokens_behind(value)} & kept) if value.grad_fn else 0
    if isinstance(value, dict):
        value = list(value.values())[:50]
        if any(isinstance(v, list) for v in value):
            return max(_holds(v, kept) for v in value if isinstance(v, list))
    elif not isinstance(value, (list, tuple)):
        return 0
    held: set[int] = set()
    for item in list(value)[:60]:
        if isinstance(item, Tensor) and item.grad_fn is not None:
            held |= {t.number for t in _tokens_behind(item, 200)}
    return len(held & kept)
