"""A loss written by hand: what it takes a difference between, read off what autograd has kept.

A square keeps the difference it was taken of, an absolute value too; the network's output (or its
softmax, sigmoid) is kept as well. The targets are one less the other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_REDUCING = ("Mean", "Sum", "Div", "Mul", "Sqrt", "Add", "Clone", "Squeeze", "View")
_SQUARE, _ABSOLUTE = ("Pow", "Square"), ("Abs",)
_RESULTS = ("Softmax", "Sigmoid", "Tanh", "Relu", "Exp", "LogSoftmax")
_FARTHEST = 6
_WIDEST = 8  # terms of a loss that are followed


def targets_of(root: Tensor, outputs: list[Tensor]) -> tuple[str, Tensor, Tensor] | None:
    """("squared" or "absolute", what was compared, with what); None for any other loss."""
    node = root.grad_fn
    for _ in range(_FARTHEST):
        if node is None:
            return None
        name = _name(node)
        difference = _difference(node, name)
        if difference is not None:
            return _apart(node, name, difference, outputs)
        following = _following(node)
        if not name.startswith(_REDUCING) or len(following) != 1:
            return None
        node = following[0]
    return None


def log_softmaxed(root: Tensor, outputs: dict[Any, Tensor]) -> list[Tensor]:
    """Those outputs (by the nodes that made them) whose log_softmax the loss is made of."""
    found, level = [], [root.grad_fn]
    for _ in range(_FARTHEST):
        following = [n for node in level if node is not None for n in _following(node)]
        made = [n for node in level if node is not None and _name(node) == "LogSoftmax"
                for n in _following(node)]  # fmt: skip
        found += [outputs[n] for n in made if n in outputs]
        level = following[:_WIDEST]
    return found


def _name(node: Any) -> str:
    return str(node.name()).partition("Backward")[0]


def _following(node: Any) -> list[Any]:
    return [n for n, _ in node.next_functions if n is not None]


def _difference(node: Any, name: str) -> Tensor | None:
    """What this node squares or takes the absolute value of."""
    if name.startswith(_SQUARE):
        return node._saved_self if getattr(node, "_saved_exponent", 2) == 2 else None
    if name.startswith(_ABSOLUTE):
        return node._saved_self
    if name == "Mul" and len(node.next_functions) == 2:
        (one, _), (other, _) = node.next_functions
        if one is not None and one is other and _name(one) in ("Sub", "Rsub"):  # d * d
            return node._saved_self
    return None


def _apart(
    node: Any, name: str, difference: Tensor, outputs: list[Tensor]
) -> tuple[str, Tensor, Tensor] | None:
    minus = next(iter(_following(node)), None)
    if minus is None or _name(minus) not in ("Sub", "Rsub"):
        return None
    ends = [(i, n) for i, (n, _) in enumerate(minus.next_functions) if n is not None]
    if len(ends) != 1:  # outputs against outputs: pairs, a teacher that learns, a penalty
        return None
    position, before = ends[0]
    given = _value(before, outputs)
    if given is None or given.ndim == 0:
        return None
    first = position == 0 and _name(minus) == "Sub"
    with torch.no_grad():
        target = given.detach() - difference.detach() if first else (
            difference.detach() + given.detach()
        )  # fmt: skip
    kind = "absolute" if name.startswith(_ABSOLUTE) else "squared"
    return kind, given, _without_spread(target)


def _value(node: Any, outputs: list[Tensor]) -> Tensor | None:
    """The tensor that a node gave: an output of the network, or what it keeps of its result."""
    for output in outputs:
        if output.grad_fn is node:
            return output
    if _name(node).startswith(_RESULTS):
        kept = getattr(node, "_saved_result", None)
        return kept if isinstance(kept, Tensor) else None
    return None


def _without_spread(target: Tensor) -> Tensor:
    """[N, 1] where all C numbers of a row are one number; rounded to what was meant."""
    near = target.round()
    if bool((target - near).abs().max() < 1e-4):
        target = near
    if target.ndim == 2 and target.shape[1] > 1 and bool((target == target[:, :1]).all()):
        return target[:, :1]
    return target
