"""What made a loss no number, where the network's outputs were still numbers: the logarithm of 0, a
division by 0, the root of what is negative. Looked for once, at the first such backward. And the
same within the network, where its outputs are no numbers.

And what makes a gradient no number though the loss is one: the root of exactly 0, which is
infinitely steep. Whether it did is seen at the weights, after that backward."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.patches import harmless

_MOST_NODES = 300  # between the loss and the network's outputs
_EXPLODED = 1e4  # outputs as large as that are what the training made of the network


class Undefined:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.found: dict[str, Any] | None = None
        self._steep: dict[str, Any] | None = None  # in the backward that is running

    @harmless
    @torch.no_grad()
    def look(self, root: Tensor) -> None:
        outputs, nodes = self.outputs()
        if self.found is not None or not nodes or bool(torch.isfinite(root).all()):
            return
        if all(bool((o.abs() < _EXPLODED).all()) for o in outputs):
            self._look_at(between(root.grad_fn, nodes), _undefined, inside=False)
        elif any(bool(o.isnan().any()) for o in outputs):
            for node in nodes:
                self._look_at(between(node, set()), _undefined_inside, inside=True)

    def _look_at(self, nodes: Iterator[Any], undefined: Any, inside: bool) -> None:
        for node in nodes:
            bad = undefined(node)
            if bad is not None:
                operation, times, of = bad
                self.found = {"operation": operation, "times": times, "of": of,
                              "step": self.recorder.steps, "inside": inside}  # fmt: skip

    def outputs(self) -> tuple[list[Tensor], set[Any]]:
        """Of the networks called last, and the nodes that made them."""
        calls = [*self.recorder.phases.pending, self.recorder.phases.latest]
        outputs = [o for c in calls if c is not None for o in c.outputs if o.is_floating_point()]
        return outputs, {o.grad_fn for o in outputs} - {None}

    @harmless
    @torch.no_grad()
    def before_backward(self, root: Tensor) -> None:
        """The loss is a number."""
        self._steep = None
        nodes = self.outputs()[1] if self.found is None else set()
        for node in between(root.grad_fn, nodes) if nodes else ():
            at_zero = _steep(node)
            if at_zero is not None:
                times, of = at_zero
                self._steep = {"operation": "sqrt", "times": times, "of": of,
                               "step": self.recorder.steps, "of_gradient": True}  # fmt: skip

    @harmless
    @torch.no_grad()
    def after_backward(self) -> None:
        found, self._steep = self._steep, None
        group = self.recorder.modules.main_group() if found is not None else None
        network = group.root() if group is not None else None
        if network is None:
            return
        grads = [p.grad for p in network.parameters() if p.grad is not None]
        if any(not bool(torch.isfinite(g).all()) for g in grads if not g.is_sparse):
            self.found = found


def between(node: Any, ends: set[Any]) -> Iterator[Any]:
    """From the loss to the outputs: the last one is the nearest to them."""
    waiting, seen = deque([node] if node is not None else []), set(ends)
    while waiting and len(seen) < _MOST_NODES:
        one = waiting.popleft()
        if one in seen:
            continue
        seen.add(one)
        yield one
        waiting.extend(n for n, _ in one.next_functions if n is not None)


def _undefined(node: Any) -> tuple[str, int, int] | None:
    """(what was done, to how many numbers, of how many), where it gave no number from numbers."""
    name = node.name().partition("Backward")[0]
    if name in ("Log", "Log2", "Log10"):
        return _count("log", _saved(node, "self"), lambda x: x <= 0)
    if name == "Log1P":
        return _count("log1p", _saved(node, "self"), lambda x: x <= -1)
    if name == "Div":
        return _count("div", _saved(node, "other"), lambda x: x == 0)
    if name == "Reciprocal":
        return _count("div", _saved(node, "result"), torch.isinf)
    if name == "Sqrt":
        return _count("sqrt", _saved(node, "result"), torch.isnan)
    if name == "Exp":
        return _count("exp", _saved(node, "result"), torch.isinf)
    if name == "Pow":
        exponent = getattr(node, "_saved_exponent", None)
        return _count("pow", _saved(node, "self"), lambda x: (x**exponent).isnan() & ~x.isnan())
    return None


def _undefined_inside(node: Any) -> tuple[str, int, int] | None:
    """The same in a network whose outputs are no numbers any more: only of what still shows what it
    was given, and that this was of no unheard-of size."""
    given = {"Log": "self", "Pow": "self", "Div": "other"}.get(node.name().partition("Backward")[0])
    numbers = _saved(node, given) if given is not None else None
    if numbers is None or not bool((numbers.abs() < _EXPLODED).all()):
        return None
    return _undefined(node)


def _steep(node: Any) -> tuple[int, int] | None:
    """(numbers that are 0, of how many), of those that a root was taken of."""
    name = node.name().partition("Backward")[0]
    if name == "Sqrt":
        given = _saved(node, "result")
    elif name == "Pow" and 0 < _exponent(node) < 1:
        given = _saved(node, "self")
    else:
        return None
    times = int((given == 0).sum()) if given is not None else 0
    return (times, given.numel()) if given is not None and times else None


def _exponent(node: Any) -> float:
    exponent = getattr(node, "_saved_exponent", None)
    return float(exponent) if isinstance(exponent, (int, float)) else 0.0


def _saved(node: Any, name: str) -> Tensor | None:
    found = getattr(node, f"_saved_{name}", None)
    return found if isinstance(found, Tensor) and found.is_floating_point() else None


def _count(operation: str, given: Tensor | None, bad: Any) -> tuple[str, int, int] | None:
    if given is None or (operation in ("log", "log1p", "div") and bool(given.isnan().any())):
        return None
    times = int(bad(given).sum())
    return (operation, times, given.numel()) if times else None
