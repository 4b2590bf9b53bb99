"""Targets that say on which side of the image something is: mirrored, the image has another one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.samples import ordered

ENOUGH = 100  # samples, for 32 weights
_SIDE = 8  # pixels of a shrunken picture
_RIDGE = 0.3  # of the mean variance of what is seen
# What changes its sign when the image is mirrored (odd) tells half of the number, and what does not
# (even) tells much less. A size, say of what always lies on the left, shows in both.
TOLD, BEYOND = 0.5, 0.3
_CONTINUOUS = 0.3  # of the samples have a value of their own: these are no classes


def sided(images: list[Tensor | None], vectors: list[Tensor | None]) -> list[dict[str, Any]]:
    """As `Sided`, of samples that nothing varies: for each direction at most one number."""
    if len(images) != len(vectors):  # not all kinds of sets were asked for their targets
        return []
    both = [(x, v) for x, v in zip(images, vectors, strict=True) if x is not None and v is not None]
    targets = ordered.stacked([v for _, v in both])
    pictures = [_shrunken(x) for x, _ in both]
    if targets is None or len(both) < ENOUGH or any(p is None for p in pictures):
        return []
    small = torch.stack([p for p in pictures if p is not None])
    own = [len(column.unique()) >= _CONTINUOUS * len(column) for column in targets.T]
    found = []
    for kind, axis in (("flip", 2), ("flip-vertical", 1)):
        other = small.flip(axis)
        odd, even = (_told(x.flatten(1), targets) for x in (small - other, small + other))
        clear = (odd >= TOLD) & (odd - even >= BEYOND) & torch.tensor(own)
        if clear.any():
            number = int(torch.where(clear, odd, torch.zeros(())).argmax())
            found.append({"number": number, "kind": kind, "odd": float(odd[number]),
                          "even": float(even[number])})  # fmt: skip
    return found


def _shrunken(image: Tensor) -> Tensor | None:
    if image.ndim != 3 or min(image.shape[1:]) < _SIDE:
        return None
    grey = image.detach().cpu().double().mean(0, keepdim=True)
    return functional.adaptive_avg_pool2d(grey, _SIDE)[0] if grey.isfinite().all() else None


def _told(seen: Tensor, targets: Tensor) -> Tensor:
    """The share of each number's variance that a linear fit to the other half of the samples
    tells."""
    left = torch.zeros(targets.shape[1], dtype=torch.float64)
    halves = torch.arange(len(seen)) % 2 == 0
    for fit in (halves, ~halves):
        mean, centre = seen[fit].mean(0), targets[fit].mean(0)
        x, y = seen[fit] - mean, targets[fit] - centre
        squares = x.T @ x
        size = float(squares.diagonal().mean())
        if size <= 0:
            return left
        weights = torch.linalg.solve(squares + _RIDGE * size * torch.eye(len(squares)), x.T @ y)
        left += (targets[~fit] - centre - (seen[~fit] - mean) @ weights).square().sum(0)
    whole = (targets - targets.mean(0)).square().sum(0).clamp(min=1e-12)
    return 1 - left / whole
