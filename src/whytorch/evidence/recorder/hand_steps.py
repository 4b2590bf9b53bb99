"""Weights that the script updates itself, without an optimizer:

    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad

Seen from one backward to the next: a leaf of its graph moved, and its gradient is there still.
The leaves need not belong to a module. Two leaves and more that move are weights (an attack moves
its image alone); the losses of such a training are kept, as those of an optimizer's steps are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import ref

import torch
from torch import Tensor

from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.graph import walk
from whytorch.evidence.recorder.parameters import some_of
from whytorch.evidence.recorder.patches import harmless
from whytorch.evidence.recorder.tensors import held

_BACKWARDS = 60  # looked at; with an optimizer, none
_LEAVES = 6
_ENOUGH_NUMBERS = 4  # of which a multiple of others is none by chance
_EXACT = 0.01
_WEIGHTS, _OFTEN = 2, 3  # leaves that move together once, and updates at all


class _Losses:
    """The course of the loss, densely at first."""

    def __init__(self) -> None:
        self._schedule = Schedule(dense=300, growth=1.02)
        self._kept: list[dict[str, Any]] = []
        self._count = 0

    def add(self, recorder: Any) -> None:
        gradients = recorder.gradients
        if self._schedule.due(self._count):
            self._kept.append(
                {
                    "index": self._count,
                    "loss": gradients.last_loss,
                    "loss_finite": gradients.last_finite,
                    "lr": None,
                    "seconds": round(recorder.elapsed(), 4),
                }
            )
        self._count += 1

    def taken(self) -> list[dict[str, Any]]:
        kept, self._kept = self._kept, []
        return kept


class HandSteps:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.steps = 0
        self.stale = 0  # of them, followed by a backward onto the gradients that they used
        self._left = _BACKWARDS
        self._together = 0  # leaves that moved in one update, at most
        self._losses = _Losses()
        self._leaves: list[Any] = []  # of the backward that comes
        self._seen: list[
            tuple[Any, Tensor, Tensor]
        ] = []  # leaf, weights, gradient: as it left them

    @harmless
    def before_backward(self, root: Tensor, nodes: set[Any] | None) -> None:
        """`nodes` is the graph behind `root`, where someone has read it already."""
        if self._left <= 0 or self.recorder.optimizers.any_step:
            return
        self._left -= 1
        moved, stale = 0, False
        for leaf, weights, gradient in self._seen:
            parameter = leaf()
            own = held(parameter) if parameter is not None else None
            if parameter is None or own is None or some_of(own).equal(weights):
                continue
            moved += 1
            kept = parameter.grad
            stale = stale or (kept is not None and _is_still(some_of(kept), gradient, weights))
        self.steps += bool(moved)
        self.stale += stale
        self._together = max(self._together, moved)
        variables = (getattr(node, "variable", None) for node in nodes or walk(root)[0])
        leaves = [v for v in variables if v is not None and v.is_floating_point()]
        self._leaves = [ref(v) for v in leaves[:_LEAVES]]

    @harmless
    def after_backward(self) -> None:
        if not self.recorder.optimizers.any_step:
            self._losses.add(self.recorder)
        self._seen = []
        for leaf in self._leaves:
            parameter = leaf()
            own = held(parameter) if parameter is not None else None
            gradient = parameter.grad if own is not None else None
            if gradient is not None and gradient.layout == torch.strided and gradient.any():
                self._seen.append((leaf, some_of(own), some_of(gradient)))
        self._leaves = []

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        """The losses of the steps, where they are a training's."""
        if self.trains:
            for step in self._losses.taken():
                yield "hand_step", str(step["index"]), step

    @property
    def trains(self) -> bool:
        """Whether what moves is weights, and no optimizer's."""
        weights = self._together >= _WEIGHTS and self.steps >= _OFTEN
        return weights and not self.recorder.optimizers.any_step


def _is_still(kept: Tensor, gradient: Tensor, weights: Tensor) -> bool:
    """Whether what is there is the gradient that was used: as it was, or with the weight decay that
    the script added in place (`p.grad.add_(p, alpha=5e-4)`). One that was made smaller is another
    matter: it may fade on purpose, as momentum."""
    if kept.equal(gradient):
        return True
    if kept.numel() < _ENOUGH_NUMBERS or not kept.shape == gradient.shape == weights.shape:
        return False
    added, along = (kept - gradient).double(), weights.double()
    size = float(along.square().sum())
    decay = float((added * along).sum()) / size if size else 0.0
    rest = float((added - decay * along).norm())
    return 0 < decay < 1 and rest <= _EXACT * float(added.norm())
