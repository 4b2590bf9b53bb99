"""What one optimizer step does to the weights: how far it moves them, and what decay wants."""

from __future__ import annotations

from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from whytorch.evidence.recorder.sink import finite, number
from whytorch.evidence.recorder.tensors import held, is_shard

_MOST_WEIGHTS = 8  # tensors over which the size of an update is measured
_MOST_NUMBERS = 100_000  # of each of them


class Update:
    """The weights before a step, to be compared with those after it."""

    @torch.no_grad()
    def __init__(self, optimizer: Optimizer) -> None:
        self._before: list[tuple[Tensor, Tensor]] = []
        self._size = 0.0
        self._sizes: list[float] = []  # of each tensor, squared
        self.ratios: dict[int, float | None] = {}  # by id: |change| / |weight|, after the step
        self._pulls: list[float] = []  # of each tensor whose decay is a part of the gradient
        self._decays: dict[int, float] = {}  # of the others: what decay alone takes away, squared
        every = [(p, g) for g in optimizer.param_groups for p in g["params"] if p.ndim > 1]
        if any(is_shard(p) or held(p) is None for p, _ in every):
            return  # what a step does to one part says nothing of the whole
        for p, group in every[:: max(1, len(every) // _MOST_WEIGHTS)]:
            flat = p.detach().reshape(-1)[:_MOST_NUMBERS]
            self._before.append((p, flat.clone()))
            self._note(optimizer, group, p, flat.double().square().sum().item())

    def _note(self, optimizer: Optimizer, group: Any, p: Tensor, size: float) -> None:
        """The size of one tensor, and what decay wants of it against what the loss wants."""
        self._size += size
        self._sizes.append(size)
        decay = number(group.get("weight_decay")) or 0.0
        if p.grad is None or p.grad.is_sparse or not decay:
            return
        if "AdamW" in type(optimizer).__name__ or group.get("decoupled_weight_decay"):
            self._decays[id(p)] = (decay * (number(group.get("lr")) or 0.0)) ** 2 * size
            return
        flat = p.grad.detach().reshape(-1)[:_MOST_NUMBERS]
        gradient = flat.double().square().sum().item()
        if gradient:
            self._pulls.append((decay**2 * size / gradient) ** 0.5)

    def __bool__(self) -> bool:
        return bool(self._before)

    @torch.no_grad()
    def facts(self) -> dict[str, float | None]:
        """As `StepFacts`, after the step."""
        moved = 0.0
        pulls = list(self._pulls)
        for (parameter, before), size in zip(self._before, self._sizes, strict=True):
            flat = parameter.detach().reshape(-1)[:_MOST_NUMBERS]
            change = (flat - before).double().square().sum().item()
            moved += change
            self.ratios[id(parameter)] = finite((change / size) ** 0.5) if size else None
            if change and id(parameter) in self._decays:
                pulls.append((self._decays[id(parameter)] / change) ** 0.5)
        return {
            "update_ratio": finite((moved / self._size) ** 0.5) if self._size else None,
            "weight_norm": finite(self._size**0.5) if self._size else None,
            "decay_pull": finite(median(pulls)) if pulls else None,
        }
