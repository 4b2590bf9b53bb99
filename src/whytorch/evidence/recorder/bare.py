"""What enters a network that is no module: functions over tensors that the script holds itself.

    logits = F.linear(F.relu(F.conv2d(images, w1, b1)).flatten(1), w2, b2)

No call is seen of it. What its first weights meet is kept by autograd for their gradient, and read
off there. Never looked at where a module was called for the backward.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.tensors import Pool

# Of each operation: which of its arguments is the input, and under which name it is kept.
_TAKES = {"Convolution": (0, "_saved_input"), "Addmm": (1, "_saved_mat1"), "Mm": (0, "_saved_self")}
_MOST = 60  # backwards that are looked at


class Bare:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._pool = Pool()
        self._looks = 0
        self._place: Any = None

    def install(self, patches: Patches) -> None:
        """Asked at each backward that is looked at closely."""

    @harmless
    def before_backward(self, nodes: set[Any], place: Any) -> None:
        """`nodes` is the whole graph behind the loss."""
        recorder = self.recorder
        if self._looks >= _MOST or recorder.modules.groups or recorder.phases.pending:
            return
        given = [x for n in nodes if (x := _data_of(n)) is not None]
        if not given:
            return
        self._looks += 1
        self._place = self._place or place
        self._pool.add(max(given, key=Tensor.numel))

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        stats = None if self.recorder.modules.groups else self._pool.facts()
        if stats is not None:
            place = self._place
            seen = {"phase": "train", "model": stats, "first_layer": None, "place": place}
            yield "input", "train", {**seen, "first_layer_name": None, "first_layer_kind": None}


def _data_of(node: Any) -> Tensor | None:
    """What an operation with a weight that learns takes, where nothing that learns gave it."""
    name = str(node.name()).partition("Backward")[0]
    if name not in _TAKES:
        return None
    position, kept = _TAKES[name]
    behind = [n for n, _ in node.next_functions]
    if len(behind) <= position or behind[position] is not None or not _weight(behind[position + 1]):
        return None
    given = getattr(node, kept, None)
    taken = isinstance(given, Tensor) and given.is_floating_point() and given.ndim >= 2
    return given if taken else None


def _weight(node: Any) -> bool:
    """A leaf, or one that is only turned on its way."""
    for _ in range(3):
        if node is None:
            return False
        if hasattr(node, "variable"):
            return True
        node = node.next_functions[0][0] if len(node.next_functions) == 1 else None
    return False
