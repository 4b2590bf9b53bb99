"""BatchNorm layers: their stored statistics against those of what they are given."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.sink import finite
from whytorch.evidence.recorder.tensors import some

_BATCHNORM = nn.modules.batchnorm._BatchNorm
_MOST_LAYERS = 200
_MOST_SAMPLES = 256
_MOST_VALUES = 400_000  # of one input
_EPS = 1e-5  # as in torch's layers
_FEWEST_VALUES = 8  # per channel; fewer have no spread to speak of


class _Moments(NamedTuple):
    """Mean and variance per channel, from `values` numbers each."""

    mean: Tensor
    variance: Tensor
    values: int


class _Norm:
    """The layers that come at one place in the order of a network and its copies."""

    def __init__(self, name: str, place: Any) -> None:
        self.name = name
        self.place = place
        self.settings: dict[str, Any] = {}
        self.learns = False
        self.learns_frozen = False
        self.first: _Moments | None = None  # stored before its first training batch
        self.last: _Moments | None = None  # stored after the latest one
        self.trained_on: _Moments | None = None
        self.used: _Moments | None = None  # stored, in the latest evaluation
        self.evaluated_on: _Moments | None = None
        self.eval_step: int | None = None


class Norms:
    """Looks at BatchNorm layers in the network calls that are looked at closely."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._seen: dict[tuple[int, int], _Norm] = {}  # (group, order in the call)
        # Stored before the first training batch since a layer was made, frozen or thawed.
        self._before: WeakIdKeyDictionary[nn.Module, tuple[bool, _Moments]] = WeakIdKeyDictionary()
        self._call: Any = None
        self._order = 0

    def install(self, patches: Patches) -> None:
        patches.wrap(_BATCHNORM, "forward", self._wrap, idle=True)

    def _wrap(self, original: Any) -> Any:
        recorder = self.recorder

        @functools.wraps(original)
        def forward(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if (
                torch.compiler.is_compiling()
                or not recorder.awake
                or recorder.modules.call is None
                or not recorder.modules.call.deep
                or threading.get_ident() != recorder.thread
            ):
                return original(module, *args, **kwargs)
            self._enter(module)
            output = original(module, *args, **kwargs)
            self._leave(recorder.modules.call, module, args[0] if args else kwargs.get("input"))
            return output

        return forward

    @harmless
    def _enter(self, module: nn.Module) -> None:
        if not module.training:
            return
        known, frozen = self._before.get(module), _frozen(module)
        if known is None or known[0] != frozen:
            stored = _stored(module)
            if stored is not None:
                self._before[module] = (frozen, stored)

    @harmless
    @torch.no_grad()
    def _leave(self, call: Call, module: nn.Module, given: Any) -> None:
        if (call.group.index, call.serial) != self._call:
            self._call, self._order = (call.group.index, call.serial), 0
        key = (call.group.index, self._order)
        self._order += 1
        if self._order > _MOST_LAYERS or not isinstance(given, Tensor):
            return
        norm = self._seen.get(key)
        if norm is None:
            name = self.recorder.layers.name_in(call.root, module)
            place = self.recorder.modules.made.get(module) or None
            norm = self._seen[key] = _Norm(name, place)
        norm.settings = _settings(module)
        if call.grad and call.training:
            self._in_training(norm, module, given)
        elif not module.training:
            self._in_evaluation(norm, module, given)

    def _in_training(self, norm: _Norm, module: nn.Module, given: Tensor) -> None:
        norm.trained_on = _moments(given) or norm.trained_on
        if module.training:
            norm.learns = True
            norm.learns_frozen |= _frozen(module)
            norm.last = _stored(module)
            _, norm.first = self._before.get(module, (False, None))

    def _in_evaluation(self, norm: _Norm, module: nn.Module, given: Tensor) -> None:
        found, used, steps = _moments(given), _stored(module), self.recorder.steps
        if used is None or found is None:
            return
        known = norm.evaluated_on if norm.eval_step == steps else None
        norm.evaluated_on = found if known is None else _pooled(known, found)
        norm.used, norm.eval_step = used, steps

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        for (index, order), norm in self._seen.items():
            if group is not None and index == group.index:
                yield "norm", str(order), _facts(norm)


def _settings(module: Any) -> dict[str, Any]:
    return {
        "kind": type(module).__name__,
        "momentum": module.momentum,
        "tracks": bool(module.track_running_stats),
        "trainable": None if module.weight is None else bool(module.weight.requires_grad),
    }


def _frozen(module: Any) -> bool:
    """None of its parameters is trained: a layer with a fixed scale and a bias that learns is."""
    own = list(module.parameters(recurse=False))
    return bool(own) and not any(p.requires_grad for p in own)


def _untouched(stored: _Moments | None) -> bool:
    """As the layer was made: no statistics that anything could be built on."""
    if stored is None:
        return False
    return bool((stored.mean == 0).all() and (stored.variance == 1).all())


def _stored(module: Any) -> _Moments | None:
    """A copy of the running statistics."""
    if module.running_mean is None or module.running_var is None:
        return None
    return _Moments(module.running_mean.detach().clone(), module.running_var.detach().clone(), 0)


def _moments(given: Tensor) -> _Moments | None:
    if given.ndim < 2 or not given.numel() or not given.is_floating_point():
        return None
    limit = min(_MOST_SAMPLES, max(8, _MOST_VALUES * given.shape[0] // given.numel()))
    x = some(given.detach(), limit).float()
    values = x.numel() // x.shape[1]
    if values < _FEWEST_VALUES:
        return None
    variance, mean = torch.var_mean(x, [d for d in range(x.ndim) if d != 1], correction=0)
    return _Moments(mean, variance, values)


def _pooled(one: _Moments, other: _Moments) -> _Moments:
    """Over both, as if they were one batch."""
    total = one.values + other.values
    a, b = one.values / total, other.values / total
    mean = a * one.mean + b * other.mean
    between = a * (one.mean - mean).square() + b * (other.mean - mean).square()
    return _Moments(mean, a * one.variance + b * other.variance + between, total)


def _apart(stored: _Moments | None, found: _Moments | None) -> tuple[float | None, float | None]:
    """(shift, spread): medians over the channels, as `NormFacts` says."""
    if stored is None or found is None or stored.mean.shape != found.mean.shape:
        return None, None
    device = found.mean.device
    mean, variance = stored.mean.to(device).float(), stored.variance.to(device).float()
    shift = (mean - found.mean).abs() / (found.variance + _EPS).sqrt()
    spread = ((variance + _EPS) / (found.variance + _EPS)).log().abs()
    return finite(shift.median().item()), finite(spread.median().item())


@torch.no_grad()
def _facts(norm: _Norm) -> dict[str, Any]:
    """As `NormFacts`."""
    facts: dict[str, Any] = {
        **norm.settings,
        "name": norm.name,
        "place": norm.place,
        "learns_statistics": norm.learns,
        "learns_while_frozen": norm.learns_frozen and not _untouched(norm.first),
        "untouched": _untouched(norm.used) if norm.used is not None else None,
        "eval_step": norm.eval_step,
        "values_in_training": norm.trained_on.values if norm.trained_on else 0,
        "values_in_evaluation": norm.evaluated_on.values if norm.evaluated_on else 0,
    }
    pairs = {
        "drift": (norm.last, norm.first),
        "stale": (norm.used, norm.trained_on),
        "eval": (norm.used, norm.evaluated_on),
    }
    for name, (stored, found) in pairs.items():
        facts[f"{name}_shift"], facts[f"{name}_spread"] = _apart(stored, found)
    return facts
