"""A network with all its hidden layers wider or narrower.

The network runs once on a recorded batch while each of its layers, just before it is called, takes
on the size of what really comes in and, unless it makes the network's output, another size of what
goes out. So pooling, flattening, concatenation and shortcuts need not be understood: they are the
network's own. Sizes that `forward` names as numbers in a flattening are followed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Any

from torch import Tensor, nn

from whytorch.evidence.lab import program
from whytorch.evidence.lab.bench import Bench, NotRebuilt
from whytorch.evidence.lab.surgery import Rule, Trace, first_micro, rewritten, skipped

RESHAPES = frozenset({"view", "reshape", "unflatten"})
_MOST_HIDDEN = 256  # of an added layer
Sizes = dict[str, tuple[Any, ...]]  # a layer's name -> what `_resize` is given

_Conv = nn.modules.conv._ConvNd
_Norm = nn.modules.batchnorm._NormBase


def resized(bench: Bench, own: Trace, factor: float) -> Callable[[nn.Module], nn.Module]:
    """Surgery. Raises NotRebuilt where no hidden layer can be found, or some do not learn."""
    rules, sizes = _reshaping(own), _sizes(bench, own, factor)

    def surgery(network: nn.Module) -> nn.Module:
        for name, size in sizes.items():
            _resize(network.get_submodule(name), size)
        return rewritten(network, RESHAPES, rules)

    return surgery


def _sizes(bench: Bench, own: Trace, factor: float) -> Sizes:
    networks, sizes = bench.networks(), Sizes()
    network = networks[bench.main]
    last = {own.events[number].module for number in own.last_layers()}
    met: set[str] = set()

    def before(name: str, module: nn.Module, args: Any) -> None:
        if name in met or not args or not isinstance(args[0], Tensor):
            return
        met.add(name)
        size = _wanted(module, args[0], 1.0 if name in last else factor)
        if size is None or size == _size(module):
            return
        if not all(p.requires_grad for p in module.parameters()):
            raise NotRebuilt("a part of the network does not learn")
        sizes[name] = size
        _resize(module, size)

    for name, module in network.named_modules():
        module.register_forward_pre_hook(lambda m, args, name=name: before(name, m, args))
    rewritten(network, RESHAPES, _reshaping(own))
    try:
        with bench.aside():
            program.run(first_micro(bench).ops, networks, until_network=True)
    except NotRebuilt:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {str(error)[:120]}"
        raise NotRebuilt(
            f"the network's widths could not be changed generically ({why})"
        ) from error
    if not sizes:
        raise NotRebuilt("the network has no hidden layer whose width can be changed")
    return sizes


def _size(module: nn.Module) -> tuple[Any, ...]:
    if isinstance(module, _Conv):
        return module.in_channels, module.out_channels, module.groups
    if isinstance(module, nn.Linear):
        return module.in_features, module.out_features
    if isinstance(module, nn.GroupNorm):
        return module.num_channels, module.num_groups
    if isinstance(module, nn.LayerNorm):
        return tuple(module.normalized_shape)
    return (module.num_features,) if isinstance(module, _Norm) else (module.num_parameters,)


def _wanted(module: nn.Module, x: Tensor, factor: float) -> tuple[Any, ...] | None:
    """What the size of a layer has to be for an input [B, C, ...]; None for other modules."""
    if isinstance(module, _Conv):
        channels = x.shape[1]
        if module.groups > 1 and module.groups == module.in_channels:  # one filter a channel
            return channels, channels * (module.out_channels // module.in_channels), channels
        wanted = _scaled(module.out_channels, factor)
        return channels, -(-wanted // module.groups) * module.groups, module.groups
    if isinstance(module, nn.Linear):
        return x.shape[-1], _scaled(module.out_features, factor)
    if isinstance(module, nn.GroupNorm):
        return x.shape[1], gcd(module.num_groups, x.shape[1])
    if isinstance(module, nn.LayerNorm):
        return tuple(x.shape[-len(module.normalized_shape) :])
    if isinstance(module, _Norm) or (isinstance(module, nn.PReLU) and module.num_parameters > 1):
        return (x.shape[1],)
    return None


def _scaled(width: int, factor: float) -> int:
    """One channel is a map of weights or a mask rather than a width."""
    return width if width == 1 else max(1, round(width * factor))


def _resize(module: nn.Module, size: tuple[Any, ...]) -> None:
    """Make a layer of another size of it, in place, its weights drawn as torch does."""
    if isinstance(module, _Conv):
        module.in_channels, module.out_channels, module.groups = size
        across = (size[1], size[0] // size[2])
        if module.transposed:
            across = (size[0], size[1] // size[2])
        _renew(module, weight=(*across, *module.kernel_size), bias=(size[1],))
    elif isinstance(module, nn.Linear):
        module.in_features, module.out_features = size
        _renew(module, weight=(size[1], size[0]), bias=(size[1],))
    elif isinstance(module, nn.GroupNorm):
        module.num_channels, module.num_groups = size
        _renew(module, weight=size[:1], bias=size[:1])
    elif isinstance(module, nn.LayerNorm):
        module.normalized_shape = size
        _renew(module, weight=size, bias=size)
    elif isinstance(module, nn.PReLU):
        (module.num_parameters,) = size
        _renew(module, weight=size)
    else:
        (module.num_features,) = size
        _renew(module, weight=size, bias=size, running_mean=size, running_var=size)
    module.reset_parameters()


def _renew(module: nn.Module, **shapes: tuple[int, ...]) -> None:
    for name, shape in shapes.items():
        if name in module._parameters:
            old = module._parameters[name]
            if old is not None:
                module._parameters[name] = nn.Parameter(old.detach().new_empty(shape))
        elif name in module._buffers:
            if module._buffers[name] is not None:
                module._buffers[name] = module._buffers[name].new_zeros(shape)
        elif name == "weight":  # computed from others
            raise NotRebuilt("a layer's weights are computed from others")


def _reshaping(own: Trace) -> dict[int, Rule]:
    """Flattening to [B, C * H * W] and back to [B, C, H, W], whatever C is."""
    rules: dict[int, Rule] = {}
    reshapes = (event for event in own.events if event.name in RESHAPES)
    for rank, event in enumerate(reshapes):
        old, new = event.tensors[0].shape, event.result.shape
        if not old or not new or old[0] != new[0]:
            continue
        if len(new) == 2:
            rules[rank] = lambda f, args, kwargs: skipped(f, args, kwargs).flatten(1)
        elif len(old) == 2 and len(new) > 2:
            rules[rank] = _back(tuple(new[2:]))
    return rules


def _back(spatial: tuple[int, ...]) -> Rule:
    def rule(function: Any, args: Any, kwargs: Any) -> Any:
        x = skipped(function, args, kwargs)
        return x.reshape(x.shape[0], -1, *spatial)

    return rule


def deeper(own: Trace) -> Callable[[nn.Module], nn.Module] | None:
    """Surgery: one more hidden layer in front of the last one; None where that is not linear."""
    last = own.last_layers()
    event = own.events[min(last)] if len(last) == 1 else None
    if event is None or event.name != "linear" or event.module is None or event.result.ndim != 2:
        return None
    name = event.module

    def surgery(network: nn.Module) -> nn.Module:
        layer = network.get_submodule(name)
        width, hidden = layer.in_features, min(layer.in_features, _MOST_HIDDEN)
        more = nn.Sequential(nn.Linear(width, hidden), nn.ReLU())
        layer.add_module("one_more", more.to(layer.weight.device, layer.weight.dtype))
        layer.register_forward_pre_hook(lambda m, args: m.one_more(args[0]))
        if hidden != width:
            _resize(layer, (hidden, layer.out_features))
        return network

    return surgery
