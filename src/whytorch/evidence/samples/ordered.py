"""Targets of several numbers (keypoints, corners) whose order in training is not evaluation's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

ENOUGH = 32  # samples of each
MOST = 32  # numbers of a target
ALWAYS = 0.98  # of the samples: this number lies below that one
MIXED = 0.2, 0.8


def reordered(train: list[Tensor | None], evaluation: list[Tensor | None]) -> dict[str, Any] | None:
    """As `Reordered`: the pair of numbers whose order is kept in evaluation, and in training the
    least."""
    ours, theirs = stacked(train), stacked(evaluation)
    if ours is None or theirs is None or ours.shape[1] != theirs.shape[1]:
        return None
    below = _below(theirs)
    mixed = _below(ours)
    kept = (below >= ALWAYS) & (mixed > MIXED[0]) & (mixed < MIXED[1])
    if not kept.any():
        return None
    least = torch.where(kept, mixed, torch.ones(())).argmin()
    one, other = divmod(int(least), below.shape[1])
    return {
        "one": one,
        "other": other,
        "in_training": float(mixed[one, other]),
        "in_evaluation": float(below[one, other]),
        "numbers": below.shape[1],
    }


def stacked(targets: list[Tensor | None]) -> Tensor | None:
    known = [t for t in targets if t is not None]
    if len(known) < max(ENOUGH, 0.9 * len(targets)) or len({len(t) for t in known}) != 1:
        return None
    return torch.stack(known) if len(known[0]) <= MOST else None


def _below(x: Tensor) -> Tensor:
    """[i, j]: how often number i lies below number j."""
    return (x[:, :, None] < x[:, None, :]).double().mean(0)
