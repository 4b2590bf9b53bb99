"""The trained network on evaluation images that are changed back in the usual ways.

Channels in the other order, light for dark, rows for columns, mirrored: each of these can be taken
back exactly, whatever the images are made of. Where one of them brings the evaluation near training
and the same change spoils the training images, the two parts were handed on differently.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.lab import looks
from whytorch.evidence.lab.bench import Bench, NotRebuilt

_MOST = 512  # samples of each part
_FEWEST = 64


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    network, _ = looks.trained(bench, seconds)
    train, test = looks.recorded(bench, _MOST), looks.evaluated(bench)
    if test is None or test.x.ndim != 4 or test.x.shape[1:] != train.x.shape[1:]:
        raise NotRebuilt("no evaluation images of the training images' size were recorded")
    if min(len(train), len(test)) < _FEWEST:
        raise NotRebuilt("too few images of both parts were recorded")
    test = test.at(torch.arange(min(len(test), _MOST)))

    def right(change: Callable[[Tensor], Tensor], of: looks.Samples) -> float:
        changed = looks.Samples(change(of.x), of.y, of.labels)
        return looks.accuracy(bench, network, changed)

    return {
        "train_accuracy": right(lambda x: x, train),
        "eval_accuracy": right(lambda x: x, test),
        "tried": [
            [name, right(change, train), right(change, test)] for name, change in _changes(train.x)
        ],
        "samples": min(len(train), len(test)),
        "seconds": time.perf_counter() - started,
    }


def _changes(x: Tensor) -> list[tuple[str, Callable[[Tensor], Tensor]]]:
    """Each is its own inverse; they are told of images as they enter the network."""
    ends = float(x.min()) + float(x.max())
    found: list[tuple[str, Callable[[Tensor], Tensor]]] = [
        ("as negatives", lambda t: ends - t),
        ("mirrored", lambda t: t.flip(3)),
        ("upside down", lambda t: t.flip(2)),
        ("turned by half a turn", lambda t: t.flip(2, 3)),
    ]
    if x.shape[2] == x.shape[3]:
        found.append(("turned over (rows for columns)", lambda t: t.transpose(2, 3)))
    if x.shape[1] == 3:
        found.append(("in the other order of their channels", lambda t: t.flip(1)))
    return found
