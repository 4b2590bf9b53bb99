"""A classifier told to tell training from evaluation samples (two-sample test).

A logistic regression on coarse features (means and spreads of an 8 x 8 grid, of each channel), in a
five-fold cross-validation; as many samples of each class from both sides, so that other shares of
the classes alone are not found. Measured on what entered the network, where augmentation is part of
the difference, and on the stored images, where it is not (Lopez-Paz and Oquab 2017, "Revisiting
Classifier Two-Sample Tests").
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.lab import draws, looks
from whytorch.evidence.lab.bench import Bench, NotRebuilt

_GRID = 8
_FOLDS = 5
_FEWEST = 40  # samples of each side
_MOST = 512
_DECAY = 0.1  # of the regression's weights, in its features' deviations
_ROUNDS = 12  # of Newton's method


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    train, test = looks.recorded(bench, 4 * _MOST), looks.evaluated(bench)
    if test is None:
        raise NotRebuilt("no evaluation sample with a known class was recorded")
    if train.x.shape[1:] != test.x.shape[1:]:
        raise NotRebuilt("images of training and evaluation differ in size")
    mine, theirs = _of_equal_classes(train.labels, test.labels)
    if len(mine) < _FEWEST:
        raise NotRebuilt(f"only {len(mine)} samples of the same classes on each side")
    accuracy, p_value = told_apart(train.x[mine], test.x[theirs])
    stored = _stored(bench, 0.3 * seconds)
    return {
        "samples": 2 * len(mine),
        "accuracy": accuracy,
        "p_value": p_value,
        "stored_accuracy": stored[0],
        "stored_p_value": stored[1],
        "seconds": time.perf_counter() - started,
    }


def _stored(bench: Bench, seconds: float) -> tuple[float | None, float | None]:
    """On stored images; their classes' shares are as they are."""
    one = draws.pictures(bench, "train", _MOST, seconds / 2)
    other = draws.pictures(bench, "eval", _MOST, seconds / 2)
    if one is None or other is None or one.shape[1] != other.shape[1]:
        return None, None
    number = min(len(one), len(other))
    return told_apart(one[:number], other[:number]) if number >= _FEWEST else (None, None)


def _of_equal_classes(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Rows of both sides, as many of each class."""
    draw = torch.Generator().manual_seed(0)
    mine, theirs = [], []
    for label in sorted(set(one.tolist()) & set(other.tolist())):
        a, b = (one == label).nonzero()[:, 0], (other == label).nonzero()[:, 0]
        number = min(len(a), len(b))
        mine.append(a[torch.randperm(len(a), generator=draw)[:number]])
        theirs.append(b[torch.randperm(len(b), generator=draw)[:number]])
    if not mine:
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    return torch.cat(mine), torch.cat(theirs)


def told_apart(one: Tensor, other: Tensor) -> tuple[float, float]:
    """Accuracy of the cross-validation, and how likely guessing is to be as good."""
    x = torch.cat([_features(one), _features(other)])
    y = torch.cat([torch.zeros(len(one)), torch.ones(len(other))]).double()
    mixed = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    right = 0
    for fold in range(_FOLDS):
        out = torch.zeros(len(x), dtype=torch.bool)
        out[mixed[fold::_FOLDS]] = True
        named = _regression(x[~out], y[~out], x[out])
        right += int((named == y[out]).sum())
    return right / len(x), tail(right, len(x))


def _features(x: Tensor) -> Tensor:
    """[N, features]; flat images as they are, in at most 256 even pieces."""
    x = x.double()
    if x.ndim != 4:
        flat = x.reshape(len(x), 1, -1)
        return functional.adaptive_avg_pool1d(flat, min(flat.shape[2], 256))[:, 0]
    grid = min(_GRID, *x.shape[2:])
    mean = functional.adaptive_avg_pool2d(x, grid)
    coarse = max(1, grid // 2)
    square = functional.adaptive_avg_pool2d(x.square(), coarse)
    spread = (square - functional.adaptive_avg_pool2d(x, coarse).square()).clamp_min(0).sqrt()
    return torch.cat([mean.flatten(1), spread.flatten(1)], 1)


def _regression(x: Tensor, y: Tensor, new: Tensor) -> Tensor:
    """Logistic regression with decay, by Newton's method; the classes of `new`."""
    mean, std = x.mean(0), x.std(0)
    std = torch.where(std > 1e-9, std, torch.ones_like(std))
    ones = torch.ones(len(x), 1, dtype=x.dtype)
    a = torch.cat([(x - mean) / std, ones], 1)
    weight = torch.zeros(a.shape[1], dtype=x.dtype)
    decay = torch.full_like(weight, _DECAY * len(x) / a.shape[1] ** 0.5)
    decay[-1] = 1e-6
    for _ in range(_ROUNDS):
        p = (a @ weight).sigmoid()
        gradient = a.T @ (p - y) + decay * weight
        curvature = a.T @ (a * (p * (1 - p))[:, None]) + decay.diag()
        weight = weight - torch.linalg.solve(curvature, gradient)
    other = torch.cat([(new - mean) / std, torch.ones(len(new), 1, dtype=x.dtype)], 1)
    return (other @ weight > 0).double()


def tail(right: int, number: int) -> float:
    """The probability of at least so many right of `number` by tossing a coin."""
    return sum(math.comb(number, k) for k in range(right, number + 1)) / 2**number
