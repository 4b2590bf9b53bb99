"""Weights that the script updates itself, without an optimizer:

    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad

Seen from one backward to the next: a leaf of its graph moved, and its gradient is there still.
The leaves need not belong to a module.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import torch
from torch import Tensor

from whytorch.evidence.recorder.graph import walk
from whytorch.evidence.recorder.parameters import some_of
from whytorch.evidence.recorder.patches import harmless
from whytorch.evidence.recorder.tensors import held

_BACKWARDS = 60  # looked at; with an optimizer, none
_LEAVES = 6
_ENOUGH_NUMBERS = 4  # of which a multiple of others is none by chance
_EXACT = 0.01


class HandSteps:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.steps = 0
        self.stale = 0  # of them, followed by a backward onto the gradients that they used
        self._left = _BACKWARDS
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
        moved = stale = False
        for leaf, weights, gradient in self._seen:
            parameter = leaf()
            own = held(parameter) if parameter is not None else None
            if parameter is None or own is None or some_of(own).equal(weights):
                continue
            moved = True
            kept = parameter.grad
            stale = stale or (kept is not None and _is_still(some_of(kept), gradient, weights))
        self.steps += moved
        self.stale += stale
        variables = (getattr(node, "variable", None) for node in nodes or walk(root)[0])
        leaves = [v for v in variables if v is not None and v.is_floating_point()]
        self._leaves = [ref(v) for v in leaves[:_LEAVES]]

    @harmless
    def after_backward(self) -> None:
        self._seen = []
        for leaf in self._leaves:
            parameter = leaf()
            own = held(parameter) if parameter is not None else None
            gradient = parameter.grad if own is not None else None
            if gradient is not None and gradient.layout == torch.strided and gradient.any():
                self._seen.append((leaf, some_of(own), some_of(gradient)))
        self._leaves = []


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
