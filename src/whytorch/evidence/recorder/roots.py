"""What each backward starts from: whether it goes through the losses that were computed, and
whether a loss written by hand spread its outputs over labels of another shape."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple
from weakref import ref

from torch import Tensor

from whytorch.evidence.recorder.graph import flat, walk
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.pulls import Pulls
from whytorch.evidence.recorder.slopes import Slopes
from whytorch.evidence.recorder.undefined import Undefined

_MOST_WAITING = 16
_MOST_NODES = 60  # between the root and the network's output
_MOST_BEFORE = 16  # operations between a network's outputs and a loss's difference
# Operations on one tensor: a root that is made of these alone was compared with nothing.
_ALONE = (
    "Mean", "Sum", "Neg", "Pow", "Sqrt", "Abs", "Log", "Exp", "View", "UnsafeView", "Reshape",
    "Squeeze", "Unsqueeze", "Select", "Slice", "Norm", "LinalgVectorNorm", "Max", "Min", "Amax",
    "Softmax", "LogSoftmax", "Logsumexp", "Sigmoid", "Relu", "Std", "Var", "ToCopy", "Clone",
    "Permute", "Transpose", "T", "Expand",
)  # fmt: skip
_SCALED = ("Mul", "Div")
_MOSTLY = 0.5  # of the samples whose loss counts


class _Value(NamedTuple):
    """A loss that was computed, until a backward reaches it or it is gone."""

    site: Any
    value: ref[Tensor]
    looks: list[bool]  # for each backward looked at: did it go through this loss?


class Roots:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._waiting: deque[_Value] = deque()
        self._seen = self._alone = self._losses = 0
        self._names: set[str] = set()  # of the nodes that loss functions make
        self.undefined, self.slopes, self.pulls = Undefined(recorder), Slopes(), Pulls(recorder)
        self._flat: set[str] = set()

    def install(self, patches: Patches) -> None:
        """Nothing to patch: losses and gradients call in here."""

    @harmless
    def computed(self, site: Any, value: Tensor) -> None:
        """A loss function gave `value`, in training."""
        if value.grad_fn is None:
            return
        self._names.add(value.grad_fn.name())
        self._settle(_MOST_WAITING - 1)
        self._waiting.append(_Value(site, ref(value), []))

    def _settle(self, most: int) -> None:
        """Count those whose tensor is gone, and the oldest beyond `most`."""
        for one in list(self._waiting):
            if one.value() is None or len(self._waiting) > most or any(one.looks):
                self._waiting.remove(one)
                if one.looks:
                    name = "propagated" if any(one.looks) else "dropped"
                    one.site.facts[name] = one.site.facts.get(name, 0) + 1

    @harmless
    def before_backward(self, root: Tensor, nodes: set[Any], leaves: set[int]) -> None:
        """A backward that is looked at closely, with all that its graph reaches."""
        for one in self._waiting:
            value = one.value()
            if value is None or value.grad_fn is None:
                continue
            reached = value is root or value.grad_fn in nodes
            one.looks.append(reached)
            if reached and value is not root and self.recorder.keeps.on:
                value.grad_fn.register_hook(
                    lambda _, arriving, site=one.site: self._arrived(site, arriving[0])
                )
            if not reached:
                only = walk(value)[1] - leaves
                facts = one.site.facts
                facts["only_behind"] = max(len(only), facts.get("only_behind", 0))
        self._settle(_MOST_WAITING)
        self._losses = max(self._losses, sum(n.name() in self._names for n in nodes))
        self._flat |= {name for n in nodes if (name := flat(n)) is not None}
        self.slopes.before_backward(root, self.undefined.outputs()[1])
        self.pulls.before_backward(root)
        self._seen += 1
        self._alone += self._compared_with_nothing(root)

    @harmless
    def _arrived(self, site: Any, slope: Any) -> None:
        """What backward starts from falls or rises with this loss, of most samples."""
        if not isinstance(slope, Tensor):
            return
        if (numbers := slope[slope.isfinite() & (slope != 0)]).numel():
            name = "falls_with" if float((numbers < 0).float().mean()) > _MOSTLY else "rises_with"
            site.facts[name] = site.facts.get(name, 0) + 1

    def _compared_with_nothing(self, root: Tensor) -> bool:
        """Whether only operations on one tensor stand between the network's output and the root,
        or the root is made of weights without any output."""
        calls = [*self.recorder.phases.pending, self.recorder.phases.latest]
        outputs = {o.grad_fn for c in calls if c is not None for o in c.outputs} - {None}
        node, count = root.grad_fn, 0
        if node in outputs:
            return True
        while node is not None and count < _MOST_NODES:
            name = node.name().partition("Backward")[0]
            if not name.startswith(_ALONE) and not (name in _SCALED and _by_number(node)):
                return False
            following = [n for n, _ in node.next_functions if n is not None]
            if len(following) != 1:
                return False
            node, count = following[0], count + 1
            if node in outputs:
                return True
        return False

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if final:
            self._settle(0)
        facts = {"roots_looked_at": self._seen, "roots_alone": self._alone,
                 "roots_losses": self._losses}  # fmt: skip
        yield "roots", "", {
            **facts, "undefined": self.undefined.found, "mask_slope": self.slopes.facts(),
            "flat": sorted(self._flat), "pulls": self.pulls.facts(),
            "averaged": self.recorder.phases.averages.facts(),
        }  # fmt: skip


def _by_number(node: Any) -> bool:
    """Whether a product's other factor is one number."""
    other = getattr(node, "_saved_other", None)
    return not isinstance(other, Tensor) or other.numel() == 1


def spread_over(root: Tensor, outputs: list[Tensor]) -> tuple[list[int], list[int]] | None:
    """(shape of an output, shape that a difference or product with a constant made of it), where
    N outputs and N constants became N x N: each met each. None if that did not happen.

    Pairs on purpose (ranking losses) have a gradient on both sides; a mask is itself N x N.
    """
    made = {o.grad_fn: [int(n) for n in o.shape] for o in outputs if o.grad_fn is not None}
    seen: set[Any] = set()
    waiting = deque([root.grad_fn] if root.grad_fn is not None else [])
    while waiting and len(seen) < _MOST_NODES:
        node = waiting.popleft()
        if node in seen or node in made:
            continue
        seen.add(node)
        following = [(n, i) for n, i in node.next_functions if n is not None]
        if len(following) == 1 and node.name().startswith(("Sub", "Rsub", "Mul")):
            before, after = _shape(*following[0]), _shape(node, 0)
            if before and after and _is_square(node, before, after) and _of(following[0][0], made):
                return before, after
        waiting.extend(n for n, _ in following)
    return None


def _is_square(node: Any, before: list[int], after: list[int]) -> bool:
    count = max(before)
    if len(after) != 2 or after[0] != after[1] or after[0] != count or count < 2:
        return False
    if before not in ([count], [count, 1]):
        return False
    if not node.name().startswith("Mul"):
        return True
    factors = (getattr(node, "_saved_other", None), getattr(node, "_saved_self", None))
    return any(isinstance(x, Tensor) and x.numel() == count for x in factors)


def _shape(node: Any, index: int) -> list[int] | None:
    described = getattr(node, "_input_metadata", None)  # torch 2.1 and later
    return [int(n) for n in described[index].shape] if described else None


def _of(node: Any, made: dict[Any, list[int]]) -> bool:
    """Whether a node is made of the network's outputs alone: one reshaped or taken through a
    function, or the distance of two."""
    waiting: list[Any] = [node]
    seen: set[Any] = set()
    while waiting and len(seen) < _MOST_BEFORE:
        one = waiting.pop()
        if one in made or one in seen:
            continue
        seen.add(one)
        following = [n for n, _ in one.next_functions if n is not None]
        if not following:
            return False  # weights
        waiting += following
    return not waiting
