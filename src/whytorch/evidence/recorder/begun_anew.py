"""Whether a pass of training begins with other weights than the last step left."""

from __future__ import annotations

from typing import Any
from weakref import ref

import torch
from torch import Tensor

from whytorch.evidence.recorder.parameters import some_of
from whytorch.evidence.recorder.patches import Patches, harmless, nothing, while_awake
from whytorch.evidence.recorder.tensors import held

_ALIKE = 0.5  # cosine; of weights drawn anew 64 numbers agree by 0.13 at most, two times in three


class BegunAnew:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._left: tuple[Any, Tensor, int] | None = None  # a weight, its numbers, after which step

    def install(self, patches: Patches) -> None:
        patches.around_steps(nothing, self.after_step)

    @while_awake
    @torch.no_grad()
    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """As the step left them: the numbers of the largest weight."""
        weights = [p for g in optimizer.param_groups for p in g["params"] if p.ndim > 1]
        largest = max(weights, key=lambda p: p.numel(), default=None)
        own = held(largest) if largest is not None else None
        if own is not None:
            self._left = (ref(largest), some_of(own), self.recorder.steps)

    @harmless
    @torch.no_grad()
    def asked(self) -> bool:
        """At a pass of training, before its first step."""
        if self._left is None:
            return False
        weight, before, steps = self._left[0](), self._left[1], self._left[2]
        own = held(weight) if weight is not None else None
        if own is None or steps != self.recorder.steps:
            return False
        now = some_of(own)
        if now.shape != before.shape or now.equal(before) or len(now) < 16:
            return False
        return bool(torch.cosine_similarity(now.float(), before.float(), dim=0) < _ALIKE)

    def snapshot(self, final: bool) -> Any:
        return iter(())
