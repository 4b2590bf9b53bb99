"""Reading the autograd graph: what a tensor was computed from, without computing anything."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

MOST_NODES = 20_000
_STEPS = ("Sign", "Round", "Floor", "Ceil", "Trunc")


def _next(node: Any) -> list[Any]:
    return [n for n, _ in node.next_functions if n is not None]


def walk(root: Tensor, most: int = MOST_NODES) -> tuple[set[Any], set[int], bool]:
    """(all nodes behind `root`, ids of the leaf tensors, whether the walk was complete)."""
    if root.grad_fn is None:
        return set(), {id(root)} if root.requires_grad else set(), True
    seen: set[Any] = {root.grad_fn}
    stack = [root.grad_fn]
    leaves: set[int] = set()
    while stack and len(seen) < most:
        node = stack.pop()
        variable = getattr(node, "variable", None)
        if variable is not None:
            leaves.add(id(variable))
        for following in _next(node):
            if following not in seen:
                seen.add(following)
                stack.append(following)
    return seen, leaves, not stack


def inputs_behind(x: Tensor | None) -> list[Tensor]:
    """What a backward through a network that was given `x` gives a gradient in front of it, that
    is no weight: an image that is attacked or drawn, pixels of which someone asks what counts."""
    if x is None or not x.requires_grad:
        return []
    leaves = [x] if x.grad_fn is None else [getattr(n, "variable", None) for n in walk(x)[0]]
    return [v for v in leaves if v is not None and not isinstance(v, nn.Parameter)]


def is_made_by_weights(x: Tensor | None) -> bool:
    """Whether `x` was computed from weights that learn with it: codes for a decoder."""
    if x is None or x.grad_fn is None:
        return False
    return any(isinstance(getattr(n, "variable", None), nn.Parameter) for n in walk(x)[0])


def flat(node: Any) -> str | None:
    """The name of an operation without a slope (sign, round), or of a function whose backward the
    script wrote itself: there it may have none."""
    written = getattr(type(node), "_forward_cls", None)
    if written is not None:
        return str(written.__name__)
    name = node.name().partition("Backward")[0]
    return name.lower() if name in _STEPS else None


def chain_behind(x: Tensor, most: int = 12) -> dict[str, list[Any]]:
    """Names of the nodes behind `x` along the first input, nearest first; of softmax nodes also
    the dimension and the shape of what they made."""
    names: list[str] = []
    dims: list[int | None] = []
    shapes: list[list[int] | None] = []
    node = x.grad_fn
    while node is not None and len(names) < most:
        names.append(node.name())
        softmax = "Softmax" in names[-1]
        shapes.append(made_shape(node) if softmax else None)
        dims.append(softmax_dim(node, len(shapes[-1] or x.shape)) if softmax else None)
        following = _next(node)
        node = following[0] if following else None
    return {"graph": names, "graph_dims": dims, "graph_shapes": shapes}


def made_shape(node: Any) -> list[int] | None:
    """Shape of a node's result, from its metadata: a saved tensor may not be unpacked twice."""
    described = getattr(node, "_input_metadata", None)  # torch 2.1 and later
    return [int(n) for n in described[0].shape] if described else None


def softmax_dim(node: Any, ndim: int) -> int:
    dim = int(node._saved_dim)
    if dim > 2**62:  # negative numbers come back unsigned
        dim -= 2**64
    return dim + ndim if dim < 0 else dim


def comes_from(x: Tensor, outputs: list[Tensor], most: int = 400) -> bool | None:
    """Whether `x` is one of `outputs` or was computed from one; None if autograd can't tell."""
    if any(x is o for o in outputs):
        return True
    nodes = {o.grad_fn for o in outputs if o.grad_fn is not None}
    if not nodes:
        return None
    if x.grad_fn is None:
        return False
    seen = {x.grad_fn}
    stack = [x.grad_fn]
    while stack and len(seen) < most:
        node = stack.pop()
        if node in nodes:
            return True
        for following in _next(node):
            if following not in seen:
                seen.add(following)
                stack.append(following)
    return False
