"""The trained network on the same recorded samples in train mode and in eval mode.

And in eval mode again with BatchNorm's statistics computed anew from the recorded training batches:
where that mends the accuracy, the running statistics are at fault and the weights are not.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from whytorch.evidence.lab import looks
from whytorch.evidence.lab.bench import Bench, NotRebuilt
from whytorch.evidence.lab.looks import Samples

_REPEATS = 3  # of train mode: dropout drops something else each time
_BATCHES = 50


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    network, _ = looks.trained(bench, seconds)
    samples, phase = looks.evaluated(bench), "eval"
    if samples is None:
        samples, phase = looks.recorded(bench, 512), "train"
    batches = [x for x, _ in bench.pairs()[:_BATCHES]]
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    recomputed = None
    if norms:
        fresh = _recomputed(network, batches)
        recomputed = looks.accuracy(bench, fresh, samples)
    return {
        "phase": phase,
        "train_mode_accuracy": _in_train_mode(bench, network, samples, batches[0].shape[0]),
        "eval_mode_accuracy": looks.accuracy(bench, network.eval(), samples),
        "recomputed_accuracy": recomputed,
        "samples": len(samples),
        "seconds": time.perf_counter() - started,
    }


def _in_train_mode(bench: Bench, network: nn.Module, samples: Samples, size: int) -> float:
    """In batches of the script's size, mixed."""
    right = counted = 0
    for seed in range(_REPEATS):
        torch.manual_seed(seed)
        moved = looks.copied(network).train()
        for x, labels in samples.batches(size, seed):
            if len(x) < 2 <= size:
                continue
            named = looks.probabilities(bench, moved, x, len(x)).argmax(1)
            right += int((named == looks.classes(labels)).sum())
            counted += len(x)
    if not counted:
        raise NotRebuilt("there are too few samples for one batch")
    return right / counted


@torch.no_grad()
def _recomputed(network: nn.Module, batches: list[torch.Tensor]) -> nn.Module:
    """A copy with the plain mean of the batches' statistics."""
    fresh: nn.Module = looks.copied(network).eval()
    for module in fresh.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.reset_running_stats()
            module.momentum = None
            module.train()
    for x in batches:
        fresh(x)
    return fresh.eval()
