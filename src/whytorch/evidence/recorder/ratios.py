"""Overlaps of raw scores: a Dice or Jaccard loss whose network's output went into it as it was.

Read off the tape. The sum of (output * mask), divided by a sum in which the output itself stands:
such a ratio says how far two sets agree only of shares from 0 to 1. Sums of masked outputs that are
divided by nothing, or by the size of the mask, are other losses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.places import here

_PRODUCTS = ("mul", "__mul__", "__rmul__", "multiply")
_SAME_NUMBERS = ("view", "reshape", "flatten", "contiguous", "squeeze", "unsqueeze", "float", "to",
                 "permute", "transpose", "clone")  # fmt: skip
_POWERS = ("pow", "__pow__", "square")
_SUMS = ("sum", "mean")
_MOVED = ("add", "__add__", "__radd__", "add_", "__iadd__", "sub", "__sub__", "clamp", "clamp_min",
          *_PRODUCTS)  # fmt: skip
_DIVISIONS = ("div", "__truediv__", "divide", "true_divide", "__div__")
_ENOUGH = 20  # ratios at one line
_MOST = 8  # lines
_LEAST = 16  # numbers in a mask
_BEYOND = 0.5  # below 0, or above 1: no share, and not what one that is learned comes to


class Ratios:
    """Filled by the tape."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, Any], dict[str, Any]] = {}
        self._raw: dict[int, Tensor] = {}  # a network's output; looked at only in a ratio
        self._products: dict[int, Tensor] = {}  # of one, and a mask -> that output
        self._inner: dict[int, Tensor] = {}  # their sums -> that output
        self._whole: set[int] = set()  # sums of the output itself, or of its square

    def forget(self) -> None:
        """A step is over: slots are not used again."""
        for known in (self._raw, self._products, self._inner, self._whole):
            known.clear()

    def output(self, slots: Sequence[int], values: Sequence[Any]) -> None:
        """What a network gave."""
        for slot, value in zip(slots, values, strict=False):
            if isinstance(value, Tensor) and value.is_floating_point() and value.numel() >= _LEAST:
                self._raw[slot] = value.detach()

    def made(self, name: str, given: Sequence[tuple[Any, int | None]], made: Sequence[int]) -> None:
        """An operation gave slots `made` from values, which are of slots where they depend."""
        slots = [s for _, s in given if s is not None]
        if not slots or not made:
            return
        if name in _SAME_NUMBERS:
            for known in (self._raw, self._products, self._inner):
                if slots[0] in known:
                    known.update(dict.fromkeys(made, known[slots[0]]))
            if slots[0] in self._whole:
                self._whole.update(made)
        elif name in _PRODUCTS and self._masked(given, made):
            return
        elif name in _SUMS:
            if slots[0] in self._products:
                self._inner.update(dict.fromkeys(made, self._products[slots[0]]))
            elif slots[0] in self._raw:
                self._whole.update(made)
        elif name in _POWERS and slots[0] in self._raw:
            self._raw.update(dict.fromkeys(made, self._raw[slots[0]]))
        elif name in _DIVISIONS and len(given) == 2:
            self._divided(*(s for _, s in given))
        elif name in _MOVED:
            self._moved(slots, made)

    def _moved(self, slots: Sequence[int], made: Sequence[int]) -> None:
        """2 * overlap + smooth; the sum of both sides, less the overlap."""
        if any(s in self._whole for s in slots):
            self._whole.update(made)
            return
        inner = next((self._inner[s] for s in slots if s in self._inner), None)
        if inner is not None:
            self._inner.update(dict.fromkeys(made, inner))

    def _masked(self, given: Sequence[tuple[Any, int | None]], made: Sequence[int]) -> bool:
        if len(given) != 2:
            return False
        for (one, slot), (mask, other) in (given, given[::-1]):
            if slot not in self._raw or other is not None or mask.numel() < _LEAST:
                continue
            if mask.requires_grad or one.numel() != mask.numel():
                continue
            if bool(((mask == 0) | (mask == 1)).all()):
                self._products.update(dict.fromkeys(made, self._raw[slot]))
                return True
        return False

    def _divided(self, above: int | None, below: int | None) -> None:
        if above not in self._inner or below not in self._whole:
            return
        place: Any = here()
        key = (place["path"], place["line"]) if place else (None, None)
        known = self._found.get(key)
        if (known is None and len(self._found) >= _MOST) or (known and known["calls"] >= _ENOUGH):
            return
        low, high = (float(v) for v in self._inner[above].aminmax())
        if known is None:
            known = {"place": place, "calls": 0, "beyond": 0, "low": low, "high": high}
            self._found[key] = known
        known["calls"] += 1
        known["beyond"] += low < -_BEYOND or high > 1 + _BEYOND
        known["low"], known["high"] = min(low, known["low"]), max(high, known["high"])

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        for number, found in enumerate(self._found.values()):
            yield "raw_overlap", str(number), dict(found)
