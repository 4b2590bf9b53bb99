"""Products of probabilities and a mask of two values: the overlap in a Dice or Jaccard loss.

Read off the tape, operation by operation, since such a loss is no function of torch's. Only a
product whose one side is a network's output or a sigmoid or softmax of it (reshaped or not), from
0 to 1, and whose other side is a constant of as many numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.ratios import Ratios

_PRODUCTS = ("mul", "__mul__", "__rmul__", "multiply", "dot", "__imul__", "mul_")
_PROBABILITIES = ("sigmoid", "softmax", "sigmoid_", "expit")
_SAME_NUMBERS = ("view", "reshape", "flatten", "contiguous", "squeeze", "unsqueeze", "float", "to",
                 "__getitem__", "permute", "transpose", "select", "clone")  # fmt: skip
_ENOUGH = 20  # products at one line
_MOST = 8  # lines
_LEAST = 16  # numbers in a mask


class Overlaps:
    """Filled by the tape."""

    def __init__(self) -> None:
        self._likely: set[int] = set()  # slots that are a network's output, or probabilities
        self._found: dict[tuple[Any, Any], dict[str, Any]] = {}
        self._ratios = Ratios()

    def output(self, slots: Sequence[int], values: Sequence[Tensor]) -> None:
        """What a network gave."""
        self._likely.update(slots)
        self._ratios.output(slots, values)

    def forget(self) -> None:
        """A step is over: slots are not used again."""
        self._likely.clear()
        self._ratios.forget()

    def made(self, name: str, given: Sequence[tuple[Any, int | None]], made: Sequence[int]) -> None:
        """An operation gave slots `made` from values, which are of slots where they depend."""
        self._ratios.made(name, given, made)
        if name in _PROBABILITIES or name in _SAME_NUMBERS:
            if given and given[0][1] in self._likely:
                self._likely.update(made)
        elif name in _PRODUCTS and len(given) == 2:
            for (one, slot), (other, constant) in (given, given[::-1]):
                if slot in self._likely and constant is None:
                    self._product(one, other)

    def _product(self, one: Any, mask: Any) -> None:
        if not isinstance(one, Tensor) or not isinstance(mask, Tensor) or mask.requires_grad:
            return
        if one.numel() != mask.numel() or mask.numel() < _LEAST or not one.is_floating_point():
            return
        place: Any = here()
        key = (place["path"], place["line"]) if place else (None, None)
        known = self._found.get(key)
        if (known is None and len(self._found) >= _MOST) or (known and known["calls"] >= _ENOUGH):
            return
        low, high = (float(v) for v in one.detach().aminmax())
        if low < 0 or high > 1:
            return
        low, high = (float(v) for v in mask.detach().aminmax())
        two = bool(((mask == low) | (mask == high)).all())
        known = self._found.setdefault(
            key, {"place": place, "calls": 0, "low": low, "high": high, "two_values": True}
        )
        known["calls"] += 1
        known["low"], known["high"] = min(low, known["low"]), max(high, known["high"])
        known["two_values"] = known["two_values"] and two

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        for number, found in enumerate(self._found.values()):
            yield "overlap", str(number), dict(found)
        yield from self._ratios.snapshot()
