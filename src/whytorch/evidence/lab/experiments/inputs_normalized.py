"""Inputs brought to mean 0 and spread 1 by the recorded batches' own statistics."""

from __future__ import annotations

from typing import Any

import torch

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    batches = [x for x, _ in bench.pairs()[:20]]
    if batches[0].ndim != 4 or not batches[0].is_floating_point():
        raise NotRebuilt("what enters the network is no batch of images")
    flat = torch.cat([x.transpose(0, 1).reshape(x.shape[1], -1) for x in batches], 1).double()
    shape = (1, -1, 1, 1)
    mean, std = flat.mean(1).view(shape), flat.std(1).clamp_min(1e-8).view(shape)

    def normalize(x: torch.Tensor) -> torch.Tensor:
        return ((x - mean) / std).to(x.dtype)

    return trial.compare(bench, [Change("inputs normalized", inputs=normalize)], seconds)
