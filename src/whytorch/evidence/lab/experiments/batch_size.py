"""The recorded samples in batches of a quarter, half, twice and four times the size.

Each run sees the same number of samples, so smaller batches make more steps. Settings follow the
script's schedule by samples seen; the learning rate is not scaled along.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt

FACTORS = (0.25, 0.5, 2, 4)


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    if any(len(step.micros) > 1 for step in bench.steps):
        raise NotRebuilt("gradients are gathered over several batches before a step")
    pairs = bench.pairs()
    shapes = {(tuple(x.shape[1:]), tuple(y.shape[1:])) for x, y in pairs}
    if len(shapes) > 1:
        raise NotRebuilt("the samples differ in size")
    inputs, labels = torch.cat([x for x, _ in pairs]), torch.cat([y for _, y in pairs])
    own = round(median(len(x) for x, _ in pairs))
    changes = []
    for factor in FACTORS:
        size = round(own * factor)
        if size != own and 1 <= size <= len(inputs):
            batches = regrouped(inputs, labels, size)
            pace = own / size
            changes.append(Change(f"batches of {size}", batches=batches, pace=pace))
    return trial.compare(bench, changes, seconds)


def regrouped(inputs: Tensor, labels: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
    """Batches of one size, without what is left over."""
    starts = range(0, len(inputs) - size + 1, size)
    return [(inputs[at : at + size], labels[at : at + size]) for at in starts]
