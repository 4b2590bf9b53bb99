"""What always giving the same answer would cost: the least loss that needs no look at the input.

For squared errors it is the variance of the targets, for yes/no answers the entropy of their
shares, each output for itself and averaged. Targets are pooled over the calls that are looked at.
"""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

SQUARED = ("mse_loss",)
YES_NO = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
_FEWEST = 64  # samples; of fewer the mean is their own, and no other's
_LARGEST = 65536  # numbers that a sample asks for
_LATELY = 3  # calls that are looked at


class Guess:
    """The targets of one loss, pooled. None of it is kept but two sums for each output."""

    def __init__(self, function: str) -> None:
        self.function = function
        self.samples = 0
        self._shape: torch.Size | None = None
        self._sum: Tensor | None = None
        self._squares: Tensor | None = None
        self._spoiled = False
        self._answers: deque[tuple[int, int, int]] = deque(maxlen=_LATELY)  # right, yes, of all

    @torch.no_grad()
    def add(self, target: Tensor, given: Tensor, weighted: bool) -> None:
        """Targets of one call. A loss that is weighed or summed has another least value."""
        y = target.detach()
        if self.function not in (*SQUARED, *YES_NO) or self._spoiled or not y.ndim:
            return
        if self._shape is None:
            self._shape = y.shape[1:]
        large = y[:1].numel() > _LARGEST
        if weighted or y.shape != given.shape or y.shape[1:] != self._shape or large:
            self._spoiled = True
            return
        if self.function in YES_NO:
            self._answer(y, given.detach())
        y = y.double().cpu()
        first = self._sum is None
        self._sum = y.sum(0) if first else self._sum + y.sum(0)
        self._squares = y.square().sum(0) if first else self._squares + y.square().sum(0)
        self.samples += len(y)

    def value(self) -> float | None:
        """None where too little was seen, or where the same answer is always right."""
        if self._spoiled or self.samples < _FEWEST or self._sum is None or self._squares is None:
            return None
        mean = self._sum / self.samples
        if self.function in SQUARED:
            variance = self._squares / self.samples - mean.square()
            cost = variance * self.samples / (self.samples - 1)
        else:
            cost = torch.special.entr(mean) + torch.special.entr(1 - mean)
        value = cost.mean().item()
        return value if value > 0 and value == value else None

    def _answer(self, y: Tensor, given: Tensor) -> None:
        """How many of the yes and no are right. Of loud and of timid answers the loss differs."""
        border = 0.0 if self.function.endswith("logits") else 0.5
        yes = y > 0.5
        if bool(((y == 0) | (y == 1)).all()):
            right = int(((given > border) == yes).sum().item())
            self._answers.append((right, int(yes.sum().item()), y.numel()))

    def answered(self) -> tuple[float, float] | None:
        """Of the answers of the latest calls: the share that was right, and that of the commoner
        of yes and no."""
        count = sum(n for _, _, n in self._answers)
        if not count:
            return None
        right, yes = (sum(x[i] for x in self._answers) for i in (0, 1))
        return right / count, max(yes, count - yes) / count
