"""How far the last features see, by gradient.

In a copy of the network whose weights are all alike and positive, so that no ReLU and no weight
that happens to be zero hides anything, the gradient of the central place of the last map with more
than one place is not zero exactly on what that place sees. The image is enlarged for it, so that
its border cuts nothing off. Max pooling is averaged over its window
(it sees all of it), and normalization over places is left out (it shifts and scales, sees nothing).
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whytorch.evidence.lab.bench import Bench, NotRebuilt

_PASSED = (
    "group_norm",
    "layer_norm",
    "instance_norm",
    "dropout",
    "alpha_dropout",
    "feature_dropout",
)
_REARRANGING = ("view", "reshape", "permute", "transpose", "swapaxes", "matmul", "__getitem__")
_LARGER = 3  # times the image's sides
_CONVOLUTIONS = ("conv2d", "conv_transpose2d")


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    x = bench.pairs()[0][0]
    if x.ndim != 4:
        raise NotRebuilt("what enters the network is no batch of images")
    network = bench.networks()[bench.main]
    _alike(network)
    maps, entered = _maps(network, x, 1)
    wide = [n for n, m in enumerate(maps) if min(m.tensor.shape[2:]) > 1]
    convolved = [m for m in maps if m.function in _CONVOLUTIONS]
    if not wide or not convolved:
        raise NotRebuilt("the network has no convolution whose map has more than one place")
    number = wide[-1]
    last, (rows, columns) = maps[number], maps[number].tensor.shape[2:]
    larger, wider = _maps(network, x, _LARGER)
    if number < len(larger) and larger[number].layer == last.layer:
        seen = _seen(larger[number].tensor, wider)
    else:
        seen = _seen(last.tensor, entered)
    return {
        "image": tuple(x.shape[2:]),
        "field": (_extent(seen.any(1)), _extent(seen.any(0))),
        "map": (rows, columns),
        "layer": last.layer,
        "first_map": tuple(convolved[0].tensor.shape[2:]),
        "seconds": time.perf_counter() - started,
    }


def _seen(features: Tensor, entered: Tensor) -> Tensor:
    """[height, width]: which pixels the central place of a map depends on."""
    if not features.requires_grad:
        raise NotRebuilt("its maps carry no gradient")
    row, column = features.shape[2] // 2, features.shape[3] // 2
    (seen,) = torch.autograd.grad(features[0, :, row, column].sum(), entered)
    return seen[0].abs().sum(0) > 0


def _extent(line: Tensor) -> int:
    """Pixels from the first to the last that is seen."""
    places = line.nonzero().reshape(-1)
    return int(places[-1] - places[0] + 1) if len(places) else 0


class _Map:
    def __init__(self, function: str, layer: str | None, tensor: Tensor) -> None:
        self.function, self.layer, self.tensor = function, layer, tensor


class _Watch(TorchFunctionMode):
    """Keeps every map [1, C, H, W] in the order in which it is made: what a convolution gives, and
    what is made of it place by place or by pooling. Once it is cut into tokens it is none."""

    def __init__(self) -> None:
        super().__init__()
        self.maps: list[_Map] = []
        self.inside: list[str] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "").rstrip("_")
        if name in _PASSED:
            return args[0] if args else kwargs["input"]
        if name.startswith("max_pool2d"):
            function, args, kwargs = _averaging(args, kwargs)
        result = function(*args, **kwargs)
        if isinstance(result, Tensor) and result.ndim == 4 and result.is_floating_point():
            of_maps = any(a is m.tensor for a in args for m in self.maps)
            if name in _CONVOLUTIONS or (of_maps and name not in _REARRANGING):
                self.maps.append(_Map(name, self.inside[-1] if self.inside else None, result))
        return result


def _averaging(args: Any, kwargs: Any) -> Any:
    """torch.max_pool2d's arguments, as avg_pool2d takes them (without its dilation)."""
    given = {
        **dict(zip(("input", "kernel_size", "stride", "padding"), args, strict=False)),
        **kwargs,
    }
    names = ("kernel_size", "stride", "padding", "ceil_mode")
    stride = given.get("stride")
    if stride is None or stride == []:
        given["stride"] = given["kernel_size"]
    picked = {n: given[n] for n in names if n in given}
    return torch.nn.functional.avg_pool2d, (given["input"],), picked


def _maps(network: nn.Module, x: Tensor, times: int) -> tuple[list[_Map], Tensor]:
    """The maps of one image of ones, and that image: of the script's size, or so many times larger,
    until a layer refuses it. In double precision where the network can: the corner of a deep field
    weighs little."""
    problem = None
    for kind in (torch.float64, torch.float32):
        network = network.to(kind).eval()
        size = (1, x.shape[1], x.shape[2] * times, x.shape[3] * times)
        entered = torch.ones(size, dtype=kind, device=x.device, requires_grad=True)
        watch = _Watch()
        hooks = [h for n, m in network.named_modules() if n for h in _named(m, n, watch)]
        try:
            with torch.enable_grad(), watch:
                network(entered)
            return watch.maps, entered
        except (RuntimeError, AssertionError, ValueError) as error:
            problem = str(error)[:120]
        finally:
            for hook in hooks:
                hook.remove()
        if times > 1 and watch.maps and "dtype" not in (problem or ""):
            return watch.maps, entered
    if times > 1:
        return [], entered
    raise NotRebuilt(f"the network does not take one image: {problem}")


def _named(module: nn.Module, name: str, watch: _Watch) -> list[Any]:
    return [
        module.register_forward_pre_hook(lambda *_: watch.inside.append(name)),
        module.register_forward_hook(lambda *_: watch.inside.pop() and None),
    ]


@torch.no_grad()
def _alike(network: nn.Module) -> None:
    """Weights that average, norms that pass on what they get."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(True)
        if parameter.ndim >= 2:
            parameter.fill_(parameter.shape[0] / parameter.numel())
        else:
            parameter.fill_(1.0 if name.endswith("weight") else 0.0)
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.zero_()
        elif name.endswith("running_var"):
            buffer.fill_(1.0)
