"""What one optimizer step does to the weights: how far it moves them, and what decay wants."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from whytorch.evidence.recorder.sink import finite, number

_MOST_WEIGHTS = 8  # tensors over which the size of an update is measured
_MOST_NUMBERS = 100_000  # of each of them


class Update:
    """The weights before a step, to be compared with those after it."""

    @torch.no_grad()
    def __init__(self, optimizer: Optimizer) -> None:
        self._before: list[tuple[Tensor, Tensor]] = []
        self._size = self._pull = self._gradient = self._decoupled = 0.0
        held = [(p, g) for g in optimizer.param_groups for p in g["params"] if p.ndim > 1]
        for p, group in held[:: max(1, len(held) // _MOST_WEIGHTS)]:
            flat = p.detach().reshape(-1)[:_MOST_NUMBERS]
            self._before.append((p, flat.clone()))
            self._note(optimizer, group, p, flat.double().square().sum().item())

    def _note(self, optimizer: Optimizer, group: Any, p: Tensor, size: float) -> None:
        """Add one tensor to the sums of squares: of it, of its gradient, of what decay adds."""
        self._size += size
        decay = number(group.get("weight_decay")) or 0.0
        if p.grad is None or p.grad.is_sparse or not decay:
            return
        if "AdamW" in type(optimizer).__name__ or group.get("decoupled_weight_decay"):
            self._decoupled += (decay * (number(group.get("lr")) or 0.0)) ** 2 * size
            return
        self._pull += decay**2 * size
        grad = p.grad.detach().reshape(-1)[:_MOST_NUMBERS]
        self._gradient += grad.double().square().sum().item()

    def __bool__(self) -> bool:
        return bool(self._before)

    @torch.no_grad()
    def facts(self) -> dict[str, float | None]:
        """As `StepFacts`, after the step."""
        moved = 0.0
        for parameter, before in self._before:
            flat = parameter.detach().reshape(-1)[:_MOST_NUMBERS]
            moved += (flat - before).double().square().sum().item()
        pull, against = self._pull or self._decoupled, self._gradient or moved
        return {
            "update_ratio": finite((moved / self._size) ** 0.5) if self._size else None,
            "weight_norm": finite(self._size**0.5) if self._size else None,
            "decay_pull": finite((pull / against) ** 0.5) if pull and against else None,
        }
