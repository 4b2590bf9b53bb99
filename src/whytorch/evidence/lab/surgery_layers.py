"""Surgery on layers: normalization and activations behind them, other first weights.

What is added hangs on the layer itself (a hook, a submodule of the layer), so that every parameter
keeps its name and with it its group in the optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.nn.utils import parametrize

from whytorch.evidence.lab.surgery import (
    CONVOLUTIONS,
    CURVED,
    NORMS,
    PRODUCTS,
    SATURATING,
    VIEWS,
    Event,
    Trace,
)

_BATCH_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
_STRAIGHT = VIEWS | NORMS | {"dropout", "dropout2d", "avg_pool2d", "adaptive_avg_pool2d", "mean"}


# --- what is where -------------------------------------------------------------------------------


def bare_convolutions(own: Trace) -> list[str]:
    """Modules of the hidden convolutions whose result goes into no normalization at once."""
    last, found = own.last_layers(), []
    for number, event in enumerate(own.events):
        if event.name not in CONVOLUTIONS or number in last or event.module is None:
            continue
        if not any(own.events[user].name in NORMS for user in own.users(number)):
            found.append(event.module)
    return list(dict.fromkeys(found))


def saturating(own: Trace) -> list[int]:
    """Hidden saturating activations. A result that something is multiplied with is a gate, and one
    that nothing but reshaping lies behind is the network's output: neither is meant."""
    last = own.last_layers()
    before_last: set[int] = set()
    for number in last:
        before_last |= _all_behind(own, own.events[number].sources)
    return [
        number
        for number, event in enumerate(own.events)
        if event.name in SATURATING
        and number in before_last
        and not _clips_at_zero(own, number)
        and not _gates(own, number)
    ]


def _all_behind(own: Trace, starts: Iterable[int]) -> set[int]:
    seen, todo = set(), list(starts)
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += own.events[at].sources
    return seen


def _clips_at_zero(own: Trace, number: int) -> bool:
    """ReLU6 is a hardtanh from 0 to 6."""
    event = own.events[number]
    lowest = event.kwargs.get("min_val", event.args[1] if len(event.args) > 1 else -1.0)
    return event.name == "hardtanh" and lowest >= 0


def _gates(own: Trace, number: int) -> bool:
    todo, seen = own.users(number), set()
    while todo:
        at = todo.pop()
        event = own.events[at]
        if at in seen:
            continue
        seen.add(at)
        if event.name in PRODUCTS and len(event.tensors) > 1:
            return True
        if event.name in VIEWS or event.name in ("expand", "expand_as", "chunk", "split"):
            todo += own.users(at)
    return False


def straight_layers(own: Trace) -> list[str]:
    """Modules behind which a ReLU is missing: hidden layers whose result goes, unbent, into another
    layer. Where a normalization follows the layer, it is that module. Depthwise convolutions and
    1x1 convolutions that narrow are left straight on purpose (Sandler et al. 2018, section 3)."""
    found = []
    for number, event in enumerate(own.events):
        if not event.layer or event.module is None or _straight_on_purpose(event):
            continue
        at, place = number, event.module
        while len(users := own.users(at)) == 1:
            at = users[0]
            after = own.events[at]
            if after.layer:
                found.append(place)
            elif after.name in NORMS and after.module is not None:
                place = after.module
            if after.name not in _STRAIGHT or after.name in CURVED:
                break
    return list(dict.fromkeys(found))


def _straight_on_purpose(event: Event) -> bool:
    if event.name not in CONVOLUTIONS:
        return False
    before, after = event.tensors[0], event.result
    weight = next((t for t in event.tensors if isinstance(t, nn.Parameter)), None)
    if weight is None:
        return False
    depthwise = before.shape[1] > 1 and weight.shape[1] == 1
    return depthwise or (weight[0, 0].numel() == 1 and after.shape[1] < before.shape[1])


# --- surgery -------------------------------------------------------------------------------------


def with_batch_norms(names: list[str]) -> Callable[[nn.Module], nn.Module]:
    def surgery(network: nn.Module) -> nn.Module:
        for name in names:
            layer = network.get_submodule(name)
            weight = layer.weight
            norm = _BATCH_NORMS[weight.ndim - 2](layer.out_channels)
            layer.add_module("norm_behind", norm.to(weight.device, weight.dtype))
            layer.register_forward_hook(lambda m, args, output: m.norm_behind(output))
        return network

    return surgery


def with_relus(names: list[str]) -> Callable[[nn.Module], nn.Module]:
    def surgery(network: nn.Module) -> nn.Module:
        for name in names:
            layer = network.get_submodule(name)
            layer.register_forward_hook(lambda m, args, output: torch.relu(output))
        return network

    return surgery


def drawn_anew(network: nn.Module) -> nn.Module:
    """Every layer that learns as torch makes it; normalization as it was."""
    for module in _learning(network):
        module.reset_parameters()
    return network


@torch.no_grad()
def drawn_by_kaiming(network: nn.Module) -> nn.Module:
    """Weights of linear and convolutional layers by He et al. 2015 for ReLU, their biases 0."""
    for module in _learning(network):
        if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                module.bias.zero_()
    return network


def _learning(network: nn.Module) -> list[nn.Module]:
    return [
        module
        for module in network.modules()
        if hasattr(module, "reset_parameters")
        and not isinstance(module, _NORMS)
        and not parametrize.is_parametrized(module)
        and list(module.parameters())
        and all(p.requires_grad for p in module.parameters())
    ]
