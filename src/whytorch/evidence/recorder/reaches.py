"""How much of what a loss asks for lies where an activation behind the last layer cannot get.

Of errors that are differences, squared or absolute. Targets are pooled over the calls that are
looked at; three ranges are looked at whatever the network ends in: who judges knows the graph.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

DIFFERENCES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "hand-written")
RANGES = {"0..": (0.0, math.inf), "0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0)}
_NEAR = 1e-3  # rounding is no target
_FEWEST = 256  # numbers
_MOST = 65536  # of one call


class Reach:
    """The targets of one loss, pooled: sums only."""

    def __init__(self) -> None:
        self._numbers = 0
        self._sum = 0.0
        self._squares = 0.0
        self._outside = dict.fromkeys(RANGES, 0)
        self._least = dict.fromkeys(RANGES, 0.0)

    @torch.no_grad()
    def add(self, target: Tensor, given: Tensor) -> None:
        if target.shape != given.shape or not target.is_floating_point():
            return
        y = target.detach().reshape(-1)[:_MOST].double()
        self._numbers += y.numel()
        self._sum += y.sum().item()
        self._squares += y.square().sum().item()
        for name, (low, high) in RANGES.items():
            beyond = (y - y.clamp(low, high)).abs()
            self._outside[name] += int((beyond > _NEAR).sum().item())
            self._least[name] += beyond.square().sum().item()

    def value(self) -> dict[str, tuple[float, float, float]] | None:
        """For each range: the share outside, the least squared error, and that of the mean."""
        n = self._numbers
        if n < _FEWEST or not math.isfinite(self._squares):
            return None
        variance = self._squares / n - (self._sum / n) ** 2
        return {r: (self._outside[r] / n, self._least[r] / n, variance) for r in RANGES}
