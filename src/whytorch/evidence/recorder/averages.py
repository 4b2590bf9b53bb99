"""How far the weights that are evaluated have come on the way from the first ones to those that
training has reached: an average of the weights that forgets slowly still is at the beginning.

The average is a copy that only answers, or is swapped in for the evaluation and out again after it.
Read off a few numbers of each tensor, and only where these lie in ordinary memory.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import harmless

_TENSORS = 40
_OF_EACH = 32
_MOST = 200  # looks


class Averages:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._first: dict[int, Tensor] = {}  # group -> numbers of its weights before the first step
        self._asked: tuple[Any, int, Tensor] | None = None  # network, steps, its numbers when asked
        self._before: Tensor | None = None  # those of the evaluation before
        self._looks = 0
        self.latest: dict[str, Any] | None = None

    @harmless
    @torch.no_grad()
    def look(self, call: Call) -> None:
        """A network is called."""
        steps, group = self.recorder.steps, call.group
        if not steps:
            if call.grad and call.training and group.index not in self._first:
                self._note_first(call)
        elif not call.grad and self._looks < _MOST:
            if self._asked is None or self._asked[:2] != (call.root, steps):
                self._is_asked(call, steps)
        elif call.grad and self._asked is not None:
            root, at, numbers = self._asked
            self._asked = None
            if root is call.root and at == steps:
                self._compare(call, numbers, _numbers(call.root), swapped=True)

    def _note_first(self, call: Call) -> None:
        numbers = _numbers(call.root)
        if numbers is not None:
            self._first[call.group.index] = numbers

    def _is_asked(self, call: Call, steps: int) -> None:
        self._looks += 1
        numbers, learned = _numbers(call.root), call.group.root()
        if numbers is None:
            return
        self._asked = (call.root, steps, numbers)
        if call.group.root_learns and learned is not None and learned is not call.root:
            self._compare(call, numbers, _numbers(learned), swapped=False)

    def _compare(self, call: Call, asked: Tensor, trained: Tensor | None, swapped: bool) -> None:
        first = self._first.get(call.group.index)
        if first is None or trained is None or not len(first) == len(asked) == len(trained):
            return
        way = trained - first
        length = float(way @ way)
        if length > 0 and not bool((asked == trained).all()):
            come = float((asked - first) @ way) / length
            beside = float((asked - first - come * way).square().sum()) / length
            moved = self._before is not None and not torch.equal(self._before, asked)
            self._before = asked
            self.latest = {"way": come, "beside": beside, "steps": self.recorder.steps,
                           "swapped": swapped, "moved": moved}  # fmt: skip

    def facts(self) -> dict[str, Any] | None:
        return self.latest


def _numbers(root: torch.nn.Module) -> Tensor | None:
    found = []
    for count, weight in enumerate(root.parameters()):
        one = weight.detach()
        plain = type(one) is Tensor and one.layout is torch.strided and one.is_floating_point()
        if count >= _TENSORS or not plain or one.device.type != "cpu":
            break  # of a sharded weight each process has a part
        found.append(one.reshape(-1)[:_OF_EACH].double())
    return torch.cat(found) if found else None
