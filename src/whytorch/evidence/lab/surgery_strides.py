"""A network whose first downsampling is taken back.

Downsampling is what makes a map [B, C, H, W] smaller by a stride: convolutions and pooling. All
that do it at one resolution belong together (a block and its shortcut). Where a map is flattened
for a linear layer, it is averaged down to the size that layer was made for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.nn import functional

from whytorch.evidence.lab.surgery import Rule, Trace, rewritten, skipped

POOLS = frozenset({"max_pool2d", "avg_pool2d", "lp_pool2d", "max_pool2d_with_indices"})
_FLATTENS = frozenset({"view", "reshape", "flatten"})
NAMES = POOLS | _FLATTENS | {"conv2d"}
_AT = {"conv2d": 3}  # where `stride` stands among the arguments; of pooling it is the third


def stages(own: Trace) -> list[list[int]]:
    """The events that downsample, those at one resolution together, the first first."""
    found: dict[tuple[int, ...], list[int]] = {}
    for number, event in enumerate(own.events):
        if event.name not in POOLS and event.name != "conv2d":
            continue
        before, after = event.tensors[0], event.result
        if before.ndim != 4 or max(_stride(event.name, event.args, event.kwargs)) < 2:
            continue
        if after.shape[-1] > 1 or after.shape[-2] > 1:  # else it is the pooling at the end
            found.setdefault(tuple(before.shape[-2:]), []).append(number)
    return list(found.values())


def kept_resolution(own: Trace, numbers: list[int]) -> Callable[[nn.Module], nn.Module]:
    """Surgery: these events with half their stride, 1 where it was 2."""
    rules: dict[int, Rule] = {own.rank(n, NAMES): _halved(own.events[n].name) for n in numbers}
    for number, event in enumerate(own.events):
        if event.name in _FLATTENS and event.tensors[0].ndim == 4 and event.result.ndim == 2:
            rules[own.rank(number, NAMES)] = _shrunk(tuple(event.tensors[0].shape[-2:]))
    return lambda network: rewritten(network, NAMES, rules)


def _stride(name: str, args: Any, kwargs: Any) -> tuple[int, int]:
    """(down, across). Pooling without a stride moves by its window."""
    at = _AT.get(name, 2)
    given = kwargs.get("stride", args[at] if len(args) > at else None)
    if given is None or given == [] or given == ():
        given = 1 if name == "conv2d" else kwargs.get("kernel_size", args[1] if args[1:] else 1)
    pair = tuple(given) if isinstance(given, (tuple, list)) else (given, given)
    return (int(pair[0]), int(pair[-1]))


def _halved(name: str) -> Rule:
    def rule(function: Any, args: Any, kwargs: Any) -> Any:
        stride = tuple(max(1, s // 2) for s in _stride(name, args, kwargs))
        at = _AT.get(name, 2)
        if len(args) > at:
            return function(*args[:at], stride, *args[at + 1 :], **kwargs)
        return function(*args, **{**kwargs, "stride": stride})

    return rule


def _shrunk(size: tuple[int, ...]) -> Rule:
    def rule(function: Any, args: Any, kwargs: Any) -> Any:
        x = skipped(function, args, kwargs)
        if tuple(x.shape[-2:]) != size:
            x = functional.adaptive_avg_pool2d(x, size)
        return function(x, *args[1:], **kwargs)

    return rule
