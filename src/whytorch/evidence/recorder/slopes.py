"""Which way a loss goes when a prediction covers more of its mask.

In a Dice or Jaccard loss written by hand, probabilities are multiplied with a mask of zeros and
ones. The gradient that arrives at this product says whether the loss falls as the overlap grows, as
it should, or rises: then the score itself is minimized. Only looked at, by a hook at the node of
the graph, in backwards that are looked at closely anyway.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import torch
from torch import Tensor

from whytorch.evidence.recorder.patches import harmless
from whytorch.evidence.recorder.undefined import between

_LEAST = 16  # numbers in a mask
_MOST_BEFORE = 6  # reshapes between the probabilities and the product
_PROBABILITIES = ("Sigmoid", "Softmax")
_SAME_NUMBERS = ("View", "Reshape", "UnsafeView", "Squeeze", "Unsqueeze", "Clone", "ToCopy",
                 "Flatten", "AsStrided")  # fmt: skip


class Slopes:
    def __init__(self) -> None:
        self.rising = self.falling = 0
        self.found: list[float] = []  # share of the mask that was predicted, at each look
        self._asked: ref[Tensor] | None = None  # the target of the latest loss function
        self._of_target = 0  # products with that very mask, which a loss function asks for

    def asked(self, target: Tensor) -> None:
        """A loss function was given `target`."""
        self._asked = ref(target)

    @harmless
    @torch.no_grad()
    def before_backward(self, root: Tensor, outputs: set[Any]) -> None:
        for node in between(root.grad_fn, outputs) if outputs else ():
            mask = _mask_of(node)
            said = _probabilities(node) if mask is not None else None
            if mask is None or said is None or said.numel() != mask.numel():
                continue
            overlap = (said.reshape(-1) * mask.reshape(-1)).sum() / mask.sum()
            self.found = [*self.found[:1], float(overlap)]
            self._of_target += self._is_asked(mask)
            node.register_hook(self._arrived)

    def _is_asked(self, mask: Tensor) -> bool:
        target = self._asked() if self._asked is not None else None
        if target is None or target.numel() != mask.numel() or target.device != mask.device:
            return False
        return bool((target.reshape(-1) == mask.reshape(-1)).all())

    def _arrived(self, given: Any, arriving: Any) -> None:
        slope = arriving[0]
        if isinstance(slope, Tensor):
            total = float(slope.detach().sum())
            self.rising += total > 0
            self.falling += total < 0

    def facts(self) -> dict[str, Any] | None:
        if not self.rising + self.falling:
            return None
        return {"rising": self.rising, "falling": self.falling, "of_target": self._of_target,
                "first": self.found[0], "last": self.found[-1]}  # fmt: skip


def _mask_of(node: Any) -> Tensor | None:
    """The constant of zeros and ones, some of each, that something is multiplied with."""
    if not node.name().startswith("MulBackward"):
        return None
    given = [getattr(node, name, None) for name in ("_saved_self", "_saved_other")]
    constants = [t for t in given if isinstance(t, Tensor)]
    if len(constants) != 1 or len([n for n, _ in node.next_functions if n is not None]) != 1:
        return None
    mask = constants[0]
    if mask.numel() < _LEAST or mask.requires_grad:
        return None
    ones = int((mask == 1).sum())
    two = ones + int((mask == 0).sum()) == mask.numel()
    return mask.float() if two and 0 < ones < mask.numel() else None


def _probabilities(product: Any) -> Tensor | None:
    """What a sigmoid or softmax gave, right before the product."""
    node = next(n for n, _ in product.next_functions if n is not None)
    for _ in range(_MOST_BEFORE):
        name = node.name().partition("Backward")[0]
        if name in _PROBABILITIES:
            made = getattr(node, "_saved_result", None)
            return made if isinstance(made, Tensor) else None
        following = [n for n, _ in node.next_functions if n is not None]
        if name not in _SAME_NUMBERS or len(following) != 1:
            return None
        node = following[0]
    return None
