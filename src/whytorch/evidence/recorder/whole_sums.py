"""A number that is summed over a whole batch, and added to what each sample of it has of its own.

Read off the tape. Only a full sum of what comes from the network's output, one row a sample, times
numbers near 1 at least: what is divided by the batch, or weighted down, was meant for all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.places import here

_SUMS = ("add", "__add__", "__radd__", "sub", "__sub__", "__rsub__")
_PRODUCTS = ("mul", "__mul__", "__rmul__", "multiply")
_QUOTIENTS = ("div", "__truediv__", "true_divide")
_NEAR_ONE = 0.1  # factors from here on: a half of the sum, or all of it
_MOST = 4  # lines


class WholeSums:
    """Filled by the tape."""

    def __init__(self) -> None:
        self._batch = 0
        self._given: set[int] = set()  # slots that come from a network's output
        self._whole: dict[int, Any] = {}  # slot of such a sum, or of it for each sample: its line
        self._found: dict[Any, dict[str, Any]] = {}

    def output(self, slots: Sequence[int], values: Sequence[Tensor]) -> None:
        """What a network gave."""
        self._given.update(slots)
        rows = [v.shape[0] for v in values if v.ndim]
        self._batch = rows[0] if rows else 0

    def forget(self) -> None:
        """A step is over: slots are not used again."""
        self._given.clear()
        self._whole.clear()

    def made(
        self,
        name: str,
        args: Sequence[Any],
        given: Sequence[tuple[Any, int | None]],
        slots: Sequence[int],
        results: Sequence[Tensor],
    ) -> None:
        """An operation gave `results` in `slots`, from tensors, of slots where they depend."""
        if not any(slot in self._given for _, slot in given):
            return
        self._given.update(slots)
        if self._batch < 2 or len(slots) != 1 or not results[0].requires_grad:
            return
        if name == "sum":
            self._summed(given[0], slots[0], results[0])
        elif len(given) == 1:
            line = self._whole.get(given[0][1] or -1)
            if line is not None and _keeps(name, args):
                self._whole[slots[0]] = line
        elif len(given) == 2 and name in (*_SUMS, *_PRODUCTS):
            for one, other in (given, given[::-1]):
                self._met(name, one, other, slots[0])

    def _summed(self, one: tuple[Any, int | None], slot: int, result: Tensor) -> None:
        if result.ndim == 0 and one[1] in self._given and one[0].shape[:1] == (self._batch,):
            self._whole[slot] = here()

    def _met(
        self, name: str, one: tuple[Any, int | None], other: tuple[Any, int | None], slot: int
    ) -> None:
        line, (value, known) = self._whole.get(one[1] or -1), other
        each = value.ndim and value.numel() == value.shape[0] == self._batch
        if line is None or not each or known in self._whole:
            return
        if name in _PRODUCTS:
            if known not in self._given:
                self._whole[slot] = line  # times a mask: the sum, for each sample
            return
        if known not in self._given:
            return
        key = (line["path"], line["line"])
        if key in self._found or len(self._found) < _MOST:
            facts = self._found.setdefault(key, {"place": line, "calls": 0})
            facts["calls"] += 1
            facts["batch"] = self._batch

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        for number, found in enumerate(self._found.values()):
            yield "whole_sum", str(number), dict(found)


def _keeps(name: str, args: Sequence[Any]) -> bool:
    """Whether what an operation on one tensor gives is still about that tensor's size."""
    numbers = [abs(float(a)) for a in args if isinstance(a, (int, float))]
    if name in ("neg", "__neg__", "negative"):
        return True
    if name in _PRODUCTS:
        return bool(numbers) and numbers[0] >= _NEAR_ONE
    return name in _QUOTIENTS and bool(numbers) and 0 < numbers[0] <= 1 / _NEAR_ONE
