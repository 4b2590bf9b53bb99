"""Tensors that get gradients and belong to nobody: no module knows them, no optimizer holds them.

    self.scale = torch.ones(10, requires_grad=True)     # no nn.Parameter: parameters() lacks it
    optimizer = torch.optim.SGD([w2, b2], lr=0.1)        # and w1?

What is given to a network, or drawn by the batch, is data, whose gradient someone wants to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.graph import inputs_behind
from whytorch.evidence.recorder.parameters import some_of
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import user_frame
from whytorch.evidence.recorder.tensors import held, shape

_MOST = 20
_DRAWN = ("Index", "Slice", "Select", "Gather", "Embedding", "Narrow", "Split")


class Strays:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._known: WeakIdKeyDictionary[Tensor, dict[str, Any]] = WeakIdKeyDictionary()
        self._first: WeakIdKeyDictionary[Tensor, Tensor] = WeakIdKeyDictionary()
        self._asked: WeakIdKeyDictionary[Tensor, bool] = WeakIdKeyDictionary()
        self._all: list[dict[str, Any]] = []

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.autograd, "grad", self._wrap_grad)

    def _wrap_grad(self, original: Any) -> Any:
        def grad(outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling() and self.recorder.awake:
                self._ask(inputs)
            return original(outputs, inputs, *args, **kwargs)

        grad.__wrapped__ = original  # type: ignore[attr-defined]
        return grad

    @harmless
    def _ask(self, inputs: Any) -> None:
        """The script itself takes the gradient with respect to these: that is what they are for. A
        generator is left alone: it can be read once."""
        given = (inputs,) if isinstance(inputs, Tensor) else inputs
        for one in given if isinstance(given, (list, tuple)) else ():
            if isinstance(one, Tensor) and one.is_leaf:
                self._asked[one] = True

    # --- looks ----------------------------------------------------------------------------------

    @harmless
    def before_backward(self, nodes: set[Any]) -> None:
        """`nodes` is the whole graph behind the loss."""
        recorder = self.recorder
        if not recorder.optimizers.any_step or self._owns_all(nodes):
            return
        leaves = {id(v): v for n in nodes if (v := getattr(n, "variable", None)) is not None}
        for group in recorder.modules.groups.values():
            for known in recorder.parameters.owned(group):
                leaves.pop(known, None)
        calls = [c for c in recorder.phases.pending if c.grad]
        data = self._data(calls) if calls else _drawn(nodes)
        for leaf in leaves.values():
            if id(leaf) not in data and not _is_rows(leaf, calls):
                self._look(leaf)

    def _owns_all(self, nodes: set[Any]) -> bool:
        """The usual case, at the price of one look at each leaf."""
        holds = self.recorder.optimizers.holds
        return all(holds(v) for n in nodes if (v := getattr(n, "variable", None)) is not None)

    def _data(self, calls: list[Any]) -> set[int]:
        given = [c.input for c in calls if c.input is not None]
        return {id(x) for g in given for x in (g, *inputs_behind(g))}

    @torch.no_grad()
    def _look(self, leaf: Tensor) -> None:
        facts, own = self._known.get(leaf), held(leaf)
        if own is None or not leaf.is_floating_point():
            return
        if facts is None:
            if len(self._all) >= _MOST:
                return
            name, owner = self._name(leaf)
            facts = {"name": name, "owner": owner, "shape": shape(leaf), "looks": 0,
                     "parameter": isinstance(leaf, nn.Parameter)}  # fmt: skip
            facts |= {"moved": False, "grad": False, "asked": False}
            self._known[leaf] = facts
            self._first[leaf] = some_of(own)
            self._all.append(facts)
        facts["looks"] += 1
        facts["held"] = self.recorder.optimizers.holds(leaf)
        facts["moved"] = facts["moved"] or not some_of(own).equal(self._first[leaf])
        facts["grad"] = facts["grad"] or (leaf.grad is not None and bool(leaf.grad.any()))
        facts["asked"] = facts["asked"] or leaf in self._asked

    def _name(self, leaf: Tensor) -> tuple[str | None, str | None]:
        """What the script calls it, and the class of the object that holds it."""
        for group in self.recorder.modules.groups.values():
            root = group.root()
            for module in root.modules() if root is not None else ():
                name = _named_in(vars(module), leaf)
                if name is not None:
                    return f"self.{name}", type(module).__name__
        frame = user_frame()
        while frame is not None:
            name = _named_in(frame.f_locals, leaf) or _in_self(frame, leaf)
            if name is not None:
                return name, None
            frame = user_frame(frame.f_back) if frame.f_back is not None else None
        return None, None

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for number, facts in enumerate(self._all):
            yield "stray", str(number), dict(facts)


def _named_in(values: dict[str, Any], leaf: Tensor) -> str | None:
    """ "w", or "ws[0]" of a list."""
    for name, value in list(values.items()):
        if value is leaf:
            return name
        for number, one in enumerate(value if isinstance(value, (list, tuple)) else ()):
            if one is leaf:
                return f"{name}[{number}]"
    return None


def _in_self(frame: FrameType, leaf: Tensor) -> str | None:
    own = frame.f_locals.get("self")
    if own is None or isinstance(own, nn.Module) or not hasattr(own, "__dict__"):
        return None
    name = _named_in(vars(own), leaf)
    return f"self.{name}" if name is not None else None


def _drawn(nodes: set[Any]) -> set[int]:
    """Leaves of which a part is taken first of all: data, a batch at a time."""
    return {
        id(following.variable)
        for node in nodes
        if node.name().startswith(_DRAWN)
        for following, _ in node.next_functions
        if getattr(following, "variable", None) is not None
    }


def _is_rows(leaf: Tensor, calls: list[Any]) -> bool:
    """As many rows as the batch: something of each sample."""
    plain = not isinstance(leaf, nn.Parameter)
    return plain and leaf.ndim > 0 and any(leaf.shape[0] == c.samples > 1 for c in calls)
