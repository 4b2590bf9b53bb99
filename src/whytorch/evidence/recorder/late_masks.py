"""A mask that meets a loss which is one number already: it can leave nothing out of it any more.
And where a row and a column were spread to a square.

Read off the tape. One number that comes from a network's output, times a constant of zeros and
others, and the sum or mean of that: this is the number itself, times how much of it is not 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.places import here

_PRODUCTS = ("mul", "__mul__", "__rmul__", "multiply")
_OTHERS = ("add", "__add__", "__radd__", "sub", "__sub__", "__rsub__", "div", "__truediv__")
_SUMS = ("sum", "mean")
_MOST = 4  # lines


class LateMasks:
    """Filled by the tape."""

    def __init__(self) -> None:
        self._spread: dict[int, dict[str, Any]] = {}  # slot of a product: what is known of it
        self._found: dict[Any, dict[str, Any]] = {}
        self._squares: dict[Any, dict[str, Any]] = {}

    def forget(self) -> None:
        """A step is over: slots are not used again."""
        self._spread.clear()

    def made(
        self,
        name: str,
        given: Sequence[tuple[Any, int | None]],
        slots: Sequence[int],
        results: Sequence[Tensor],
    ) -> None:
        """An operation gave `results` in `slots`, from tensors, of slots where they depend."""
        if len(slots) != 1 or not results[0].requires_grad:
            return
        if len(given) == 2 and name in (*_PRODUCTS, *_OTHERS):
            self._met(given, results[0])
        if name in _PRODUCTS and len(given) == 2:
            for (one, slot), (mask, known) in (given, given[::-1]):
                if slot is not None and known is None and one.ndim == 0 and _leaves_out(mask):
                    zeros = float((mask == 0).float().mean())
                    self._spread[slots[0]] = {"place": here(), "size": mask.numel(), "zeros": zeros}
        elif name in _SUMS and len(given) == 1 and results[0].ndim == 0:
            self._summed(self._spread.get(-1 if given[0][1] is None else given[0][1]))

    def _met(self, given: Sequence[tuple[Any, int | None]], result: Tensor) -> None:
        """Outputs [N] and constants [N, 1], or the other way: where they became [N, N]."""
        (one, slot), (other, known) = given
        count = result.shape[0] if result.ndim == 2 else 0
        square = count > 1 and result.shape[1] == count and one.ndim != other.ndim
        if not square or (slot is None) == (known is None):
            return
        place = here() if one.numel() == other.numel() == count else None
        if place is not None:
            key = (place["path"], place["line"])
            if key in self._squares or len(self._squares) < _MOST:
                facts = self._squares.setdefault(key, {"place": place, "calls": 0})
                facts["calls"] += 1

    def _summed(self, one: dict[str, Any] | None) -> None:
        place = one["place"] if one is not None else None
        if one is None or place is None:
            return
        key = (place["path"], place["line"])
        if key in self._found or len(self._found) < _MOST:
            calls = self._found.get(key, {}).get("calls", 0)
            self._found[key] = {**one, "calls": calls + 1}

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        for number, found in enumerate(self._found.values()):
            yield "late_mask", str(number), dict(found)
        for number, found in enumerate(self._squares.values()):
            yield "square", str(number), dict(found)


def _leaves_out(mask: Tensor) -> bool:
    """Several numbers, 0 and others; none of them is learned."""
    if mask.ndim == 0 or mask.numel() < 2 or mask.requires_grad:
        return False
    zeros = mask == 0
    return bool(zeros.any()) and not bool(zeros.all())
