"""How a network's layers hang together, from the autograd graph of a training call: which
operations its output went through, and between which layers nothing non-linear stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.graph import made_shape, softmax_dim, walk
from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.tensors import shape

_CALLS = 2  # training calls of a network that are looked at
_FURTHEST = 40  # nodes between two layers
_WAYS = 400  # nodes behind one summand, in which the other is looked for
PRODUCTS = ("Addmm", "Mm", "Bmm", "Convolution", "Linear", "MkldnnConvolution", "Baddbmm", "Matmul")
_SAME_NUMBERS = (
    "View", "UnsafeView", "ReshapeAlias", "Permute", "Transpose", "T", "Expand", "Squeeze",
    "Unsqueeze", "Clone", "ToCopy", "Slice", "Select", "Alias", "Split", "Unbind", "Cat", "Stack",
    "AsStrided", "ConstantPadNd", "UnsafeSplit", "Index", "SwapDims", "MoveDim", "Unfold",
)  # fmt: skip
# Each keeps a linear function linear (but for a constant added). BatchNorm scales each channel.
AFFINE = (
    *_SAME_NUMBERS, *PRODUCTS, "AccumulateGrad", "NativeDropout", "FusedDropout", "Add", "Sub",
    "Neg", "Mul", "Div", "Sum", "Mean", "AvgPool", "AdaptiveAvgPool", "MkldnnAdaptiveAvgPool",
    "NativeBatchNorm", "CudnnBatchNorm", "BatchNorm", "UpsampleNearest", "UpsampleBilinear",
    "ReflectionPad", "ReplicationPad",
)  # fmt: skip
_DIMENSIONS = re.compile(r"\d+[DdN]?$")
_SCORES = (*_SAME_NUMBERS, "Mul", "Div", "Add", "Sub", "MaskedFill", "Where")
_VIEWS = ("View", "UnsafeView", "ReshapeAlias")
_OF_TWO = (*PRODUCTS, "Mul", "Div")  # linear only while one factor is a weight or a number


def kind_of(node: Any) -> str:
    """ "Relu" for ReluBackward0, "MaxPool2DWithIndices" for MaxPool2DWithIndicesBackward0."""
    name: str = node.name().rpartition("::")[2]
    return name.partition("Backward")[0]


def _is(kind: str, kinds: Iterable[str]) -> bool:
    """Whether a node is of one of these kinds, in any number of dimensions."""
    return _DIMENSIONS.sub("", kind) in kinds


def _children(node: Any) -> list[Any]:
    return [n for n, _ in node.next_functions if n is not None]


def _is_weight(node: Any) -> bool:
    """Whether a node is a parameter, maybe seen from another side."""
    while kind_of(node) in ("T", "Transpose", "View", "Permute", "Expand", "Unsqueeze", "ToCopy"):
        following = _children(node)
        if len(following) != 1:
            return False
        node = following[0]
    return kind_of(node) == "AccumulateGrad"


def bends(node: Any, drops: bool) -> bool:
    """Whether a node may make something non-linear of its input; `drops`: there is dropout."""
    kind = kind_of(node)
    if not _is(kind, AFFINE):
        return True
    if not _is(kind, _OF_TWO):
        return False
    if sum(not _is_weight(n) for n in _children(node)) > 1:
        return True
    return kind in ("Mul", "Div") and not drops and _by_a_mask(node)


def _rejoins(node: Any, drops: bool) -> bool:
    """Whether a sum brings together again what parted, with something non-linear on one way: a
    residual connection. A layer at the end of a way writes into the stream, and that is no layer
    too many: nothing is due between it and what reads the stream."""
    ways = [n for n in _children(node) if not _is_weight(n)]
    if kind_of(node) != "Add" or len(ways) != 2:
        return False
    one, other = (_computed_behind(way) for way in ways)
    return bool(one & other) and any(bends(n, drops) for n in one ^ other)


def _computed_behind(node: Any) -> set[Any]:
    """The nodes behind this one and itself, nearest first and not all of a deep network; without
    the weights, which two ways may share."""
    seen = {node: None}
    for current in (queue := [node]):
        new = [n for n in _children(current) if n not in seen and not hasattr(n, "variable")]
        seen.update(dict.fromkeys(new))
        queue += new
        if len(seen) > _WAYS:
            break
    return set(seen)


def _by_a_mask(node: Any) -> bool:
    """Times a number for each element of each sample: x * (x > 0) is a ReLU."""
    factor = getattr(node, "_saved_other", None)
    if factor is None:
        factor = getattr(node, "_saved_self", None)
    made = getattr(node, "_input_metadata", None)
    if not isinstance(factor, Tensor) or not made:
        return False
    whole = list(factor.shape) == list(made[0].shape)
    return whole and factor.ndim > 1 and factor.shape[0] > 1


def _across_samples(behind: set[Any], call: Call) -> list[list[int]]:
    """Shapes of what softmaxes inside a network made of images along dimension 0, the samples: not
    its end, which is the loss's affair, and not samples set against each other, [N, N]."""
    given = getattr(call.input, "ndim", 0) == 4
    rows = call.input.shape[0] if given and call.input is not None else 0
    ends = {o.grad_fn for o in call.outputs}
    found = []
    for node in behind if rows > 1 else ():
        made = made_shape(node) if kind_of(node) == "Softmax" and node not in ends else None
        if made and len(made) > 1 and made[0] == rows and made[1] not in (1, rows):
            found += [made] if softmax_dim(node, len(made)) == 0 else []
    return found


def _across_heads(behind: set[Any], call: Call) -> list[list[int]]:
    """Shapes [N, heads, places, places] of what a product of two tensors gave and a softmax then
    normalized along the heads. (Pixels [N, classes, H, H] come from a convolution instead.)"""
    rows = call.input.shape[0] if call.input is not None and call.input.ndim else 0
    found = []
    for node in behind if rows else ():
        made = made_shape(node) if kind_of(node) == "Softmax" else None
        square = made is not None and len(made) == 4 and made[2] == made[3] > 1 < made[1]
        if made and square and made[0] == rows and softmax_dim(node, 4) == 1 and _of_product(node):
            found.append(made)
    return found


def _torn(behind: set[Any]) -> list[list[list[int]]]:
    """[shape before, shape after] of views that take maps [N, C, H, W] for rows [N, H * W, C], or
    [N, W, C * H], or rows for maps: the numbers stay where they are, and no row is a place."""
    found = []
    for node in behind:
        if kind_of(node) not in _VIEWS:
            continue
        before, after = list(getattr(node, "_saved_self_sym_sizes", ())), made_shape(node) or []
        if (_is_torn(before, after) or _is_torn(after, before)) and [before, after] not in found:
            found.append([[int(n) for n in before], after])
    return found


def _is_torn(maps: list[int], rows: list[int]) -> bool:
    if len(maps) != 4 or len(rows) != 3 or maps[0] != rows[0]:
        return False
    (_, c, h, w), (_, places, numbers) = maps, rows
    if 1 in (c, places, numbers) or places in (c, c * h) or c % places == 0:
        return False  # whole channels, or groups of them
    return (places, numbers) in ((h * w, c), (w, c * h), (h, c * w)) and h * w > 1


def _of_product(node: Any) -> bool:
    """Scores of places for each other: scaled, masked or shifted, but made by a product."""
    for _ in range(_FURTHEST):
        following = [n for n in _children(node) if kind_of(n) != "AccumulateGrad"]
        if not following or not (node_kind := _DIMENSIONS.sub("", kind_of(following[0]))):
            return False
        if node_kind in ("Bmm", "Baddbmm"):
            return True
        if node_kind not in _SCORES:
            return False
        node = following[0]
    return False


class Structure:
    """Looks at the first training calls of each network, when a backward from them begins."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._seen: dict[int, dict[str, Any]] = {}  # group -> facts
        self._looks: dict[int, int] = {}

    def install(self, patches: Patches) -> None:
        """Nothing to patch: `Gradients` calls in here."""

    @harmless
    def note(self, call: Call, reached: set[Any]) -> None:
        """`reached` are the nodes behind the tensor that a backward starts from."""
        group = call.group.index
        if not call.deep or self._looks.get(group, 0) >= _CALLS:
            return
        behind: set[Any] = set()
        for output in call.outputs[:8]:
            behind |= walk(output)[0]
        if not behind & reached:
            return
        self._looks[group] = self._looks.get(group, 0) + 1
        counts: dict[str, int] = {}
        for node in behind:
            kind = kind_of(node)
            counts[kind] = counts.get(kind, 0) + 1
        outputs = [o for o in call.outputs[:8] if isinstance(o, Tensor)]
        before = self._seen.get(group, {}).get("outputs", [])
        self._seen[group] = {
            "operations": counts,
            "bending": sum(bends(n, call.dropouts > 0) for n in behind),
            "linear_pairs": self._pairs(call)[:200],
            "softmax_over_samples": _across_samples(behind, call),
            "softmax_over_heads": _across_heads(behind, call),
            "torn": _torn(behind),
            "outputs": [
                {
                    "shape": shape(o),
                    "reaches_loss": o.grad_fn in reached
                    or bool(position < len(before) and before[position]["reaches_loss"]),
                }
                for position, o in enumerate(outputs)
            ],
            "returned": [name for name, node in call.graph.items() if node in behind][:2000],
        }

    def _pairs(self, call: Call) -> list[list[str]]:
        """(earlier, later): layers with weights and nothing non-linear on the way between."""
        known = self.recorder.layers.weighted(call.group)
        weighted = {node: name for name, node in call.graph.items() if name in known}
        found = [
            [earlier, later]
            for node, later in weighted.items()
            for earlier in self._straight_behind(node, weighted, call.dropouts > 0)
        ]
        return sorted(found)

    def _straight_behind(self, node: Any, weighted: dict[Any, str], drops: bool) -> Iterator[str]:
        stack, seen = [(node, False)], {node}
        while stack and len(seen) < _FURTHEST:
            current, past_own = stack.pop()
            if current is not node and current in weighted:
                yield weighted[current]
                continue
            if _is(kind_of(current), PRODUCTS):
                if past_own:
                    continue  # weights that belong to no layer
                past_own = True
            if bends(current, drops) or _rejoins(current, drops):
                continue
            for following in _children(current):
                if following not in seen:
                    seen.add(following)
                    stack.append((following, past_own))

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        if group is not None and group.index in self._seen:
            yield "structure", "", self._seen[group.index]
