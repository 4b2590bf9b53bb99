"""Predictions that become targets: of unlabelled images, asked for without gradients between two
steps, and held up to other predictions of the same images (pseudo-labels, virtual adversaries).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import harmless

_MOST = 4  # calls, since the last step
_ALIKE = 0.9  # of soft targets: they may have been sharpened, or averaged over two views
_FEW = 8  # samples, of which two batches may agree by chance


class Teaching:
    """Looks only at calls in training mode: that is where it is of consequence."""

    def __init__(self) -> None:
        self._asked: list[tuple[Tensor, Any]] = []  # predictions, and their pass
        self._told: list[Call] = []  # not counted in a pass yet

    @harmless
    def added(self, call: Call, current: Any) -> None:
        """A call was counted in a pass."""
        if call.grad or not call.training or call.predictions is None:
            return
        if any(one is call for one in self._told):
            self._told = [one for one in self._told if one is not call]
            current.teaches += 1
        elif len(self._asked) < _MOST:
            self._asked.append((call.predictions, current))

    @harmless
    @torch.no_grad()
    def loss(self, given: Tensor, target: Tensor, pending: list[Call]) -> None:
        """A loss compares outputs with a target."""
        if not given.requires_grad or target.requires_grad:
            return
        for one in [a for a in self._asked if _same(a[0], target)]:
            one[1].teaches += 1
            self._asked = [a for a in self._asked if a is not one]
        for call in pending[-_MOST:]:
            asked = not call.grad and call.training and call.predictions is not None
            if asked and _same(call.predictions, target) and len(self._told) < _MOST:
                self._told.append(call)

    def stepped(self) -> None:
        self._asked, self._told = [], []


def _same(predictions: Tensor, target: Tensor) -> bool:
    n = len(predictions)
    if n < _FEW or target.shape[:1] != (n,) or predictions.device != target.device:
        return False
    if target.ndim == 1 and not target.is_floating_point():
        return torch.equal(predictions, target.to(predictions.dtype))
    if target.ndim != 2 or target.shape[1] < 2:
        return False
    return float((target.argmax(1) == predictions).float().mean()) >= _ALIKE
