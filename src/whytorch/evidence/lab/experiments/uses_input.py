"""Whether the network looks at its images, and whether it learns from them.

Of the trained network: how far its outputs move when the images are replaced by zeros, and by
those of other samples, in deviations of all its outputs. And the same training once more on blank
images: what that reaches is reached without looking (the classes' shares, or their order).
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn

from whytorch.evidence.lab import looks, trial
from whytorch.evidence.lab.bench import Bench, Change

_MOST = 256  # samples


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    network, own = looks.trained(bench, seconds)
    x = looks.recorded(bench, _MOST).x
    again = bench.run(steps=len(own.losses), seed=1)
    blank = bench.run(Change("blank images", inputs=torch.zeros_like), len(own.losses))
    return {
        "change_when_zeroed": _moved(bench, network, x, torch.zeros_like(x)),
        "change_when_swapped": _moved(bench, network, x, x.roll(1, 0)),
        "trained_own": trial.outcome("as it is", own),
        "trained_zeroed": trial.outcome("trained on blank images", blank),
        "accuracy_noise": looks.apart(own.train_accuracy, again.train_accuracy),
        "seconds": time.perf_counter() - started,
    }


@torch.no_grad()
def _moved(bench: Bench, network: nn.Module, x: Tensor, other: Tensor) -> float:
    """Root mean square of the outputs' change over their own deviation; 0 for a constant."""
    before = looks.scores(bench, network, x).double()
    after = looks.scores(bench, network, other).double()
    moved = float((after - before).square().mean().sqrt())
    spread = float((before - before.mean()).square().mean().sqrt())
    return moved / spread if spread > 0 else 0.0
