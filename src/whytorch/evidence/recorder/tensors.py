"""Numbers about tensors, without drawing random numbers or touching the tensors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.sink import finite

MAX_SAMPLES = 32


def some(x: Tensor, limit: int = MAX_SAMPLES) -> Tensor:
    """At most `limit` samples along dimension 0, evenly spread; a view."""
    n = x.shape[0] if x.ndim else 0
    return x[:: -(-n // limit)] if n > limit else x


def shape(x: Tensor) -> list[int]:
    return [int(s) for s in x.shape]


def is_shard(x: Any) -> bool:
    """Whether other processes hold the rest of it (a DTensor): its sums and norms are exchanged."""
    return hasattr(x, "_local_tensor")


def held(x: Tensor) -> Tensor | None:
    """The numbers of `x` that lie in this process: to ask for more would call on the other ones,
    which may not be there. None where the memory was given back, as FSDP does between its calls:
    to read it ends the process."""
    own: Tensor = getattr(x, "_local_tensor", x)
    plain = own.layout == torch.strided and own.numel()
    return None if plain and not own.untyped_storage().nbytes() else own


def dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


class Pool:
    """Statistics pooled over tensors with the same role. `add` looks at a few samples of each."""

    def __init__(self) -> None:
        self.shape: list[int] = []
        self.dtype = ""
        self.samples = 0
        self._count = 0
        self._sum = 0.0
        self._squares = 0.0
        self._min: float | None = None
        self._max: float | None = None
        self._nonfinite = 0.0
        self._constant = 0
        self._integral = 0.0
        self._tensors = 0
        self._channels: tuple[Tensor, Tensor, int] | None = None

    @torch.no_grad()
    def add(self, tensor: Tensor) -> None:
        if tensor.ndim == 0 or tensor.numel() == 0 or tensor.is_complex():
            return
        self.shape, self.dtype = shape(tensor), dtype(tensor)
        x = some(tensor.detach()).to(torch.float32)
        bad = 1.0 - torch.isfinite(x).float().mean().item()
        if bad:
            x = torch.nan_to_num(x, 0.0, 0.0, 0.0)
        low, high = (v.item() for v in torch.aminmax(x))
        self._min = low if self._min is None else min(self._min, low)
        self._max = high if self._max is None else max(self._max, high)
        self._count += x.numel()
        self._sum += x.double().sum().item()
        self._squares += x.double().square().sum().item()
        self._nonfinite += bad
        rows = x.reshape(x.shape[0], -1)
        self._constant += int((rows.amax(1) == rows.amin(1)).sum().item())
        self._integral += (x == x.round()).float().mean().item()
        self._tensors += 1
        self.samples += x.shape[0]
        self._add_channels(x)

    def _add_channels(self, x: Tensor) -> None:
        if x.ndim < 3 or x.shape[1] > 16:
            return
        dims = [d for d in range(x.ndim) if d != 1]
        total, squares = x.double().sum(dims), x.double().square().sum(dims)
        self._sum_channels(total, squares, x.numel() // x.shape[1])

    def _sum_channels(self, total: Tensor, squares: Tensor, count: int) -> None:
        if self._channels and self._channels[0].shape == total.shape:
            old = self._channels
            self._channels = (old[0] + total, old[1] + squares, old[2] + count)
        else:
            self._channels = (total, squares, count)

    def merge(self, other: Pool) -> None:
        """Take over what `other` has pooled."""
        if not other._count:
            return
        self.shape, self.dtype = other.shape, other.dtype
        self.samples += other.samples
        self._count += other._count
        self._sum += other._sum
        self._squares += other._squares
        low, high = other._min or 0.0, other._max or 0.0
        self._min = low if self._min is None else min(self._min, low)
        self._max = high if self._max is None else max(self._max, high)
        self._nonfinite += other._nonfinite
        self._constant += other._constant
        self._integral += other._integral
        self._tensors += other._tensors
        if other._channels:
            self._sum_channels(*other._channels)

    def facts(self) -> dict[str, Any] | None:
        """As `TensorStats`, or None if nothing was added."""
        if not self._count:
            return None
        mean = self._sum / self._count
        channel_mean: list[float | None] = []
        channel_std: list[float | None] = []
        if self._channels:
            total, squares, count = self._channels
            means = total / count
            channel_mean = [finite(v) for v in means.tolist()]
            spread = (squares / count - means.square()).clamp(min=0).sqrt()
            channel_std = [finite(v) for v in spread.tolist()]
        return {
            "shape": self.shape,
            "dtype": self.dtype,
            "minimum": finite(self._min),
            "maximum": finite(self._max),
            "mean": finite(mean),
            "std": finite(max(0.0, self._squares / self._count - mean * mean) ** 0.5),
            "channel_mean": channel_mean,
            "channel_std": channel_std,
            "nonfinite_share": self._nonfinite / self._tensors,
            "constant_share": self._constant / max(1, self.samples),
            "integral_share": self._integral / self._tensors,
            "samples": self.samples,
        }


@torch.no_grad()
def mean_std(x: Tensor, first: int = 4) -> tuple[float | None, float | None]:
    """Mean and standard deviation over the `first` samples of `x`.

    A contiguous part and a dot product: an order of magnitude faster than `torch.std`.
    """
    few = x.detach()[:first] if x.ndim else x.detach()
    y = few.to(torch.float32).reshape(-1)
    if not y.numel():
        return None, None
    mean = y.mean().item()
    square = torch.dot(y, y).item() / y.numel()
    return finite(mean), finite(max(0.0, square - mean * mean) ** 0.5)


@torch.no_grad()
def order_kept(given: Tensor, taken: Tensor) -> bool | None:
    """Of images given as [N, H, W, 3] and taken as [N, 3, H, W]: whether the numbers still stand in
    the order they came in (a reshape), or were moved (a permute). None: neither, or hard to tell.

    Scaling and normalization leave the correlation of the numbers with themselves near 1.
    """
    if given.ndim != 4 or given.shape[3] != 3 or given.shape[1] == 3:
        return None
    if tuple(taken.shape) != (given.shape[0], 3, *given.shape[1:3]):
        return None
    if given.device.type != "cpu" or taken.device.type != "cpu":
        return None  # an accelerator would have to be waited for
    x, z = given[:4].detach().double(), taken[:4].detach().double().flatten()
    pairs = (x.flatten(), x.permute(0, 3, 1, 2).flatten())
    kept, moved = (float(torch.corrcoef(torch.stack((one, z)))[0, 1]) for one in pairs)
    if max(kept, moved) < 0.9 or abs(kept - moved) < 0.05:  # nan compares as unlike
        return None
    return kept > moved


def rows_identical(x: Tensor) -> bool | None:
    """Whether every output unit (dimension 0) holds the same numbers; None if it has one unit."""
    if x.ndim < 2 or x.shape[0] < 2:
        return None
    x = x.detach()
    return bool((x[1:] == x[:1]).all().item())


def tensors_in(value: Any, depth: int = 0) -> Iterator[Tensor]:
    """The tensors inside nested tuples, lists, dicts and output objects, in order."""
    if isinstance(value, Tensor):
        yield value
    elif depth < 3 and isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item, depth + 1)
    elif depth < 3 and isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item, depth + 1)
    elif depth < 2 and hasattr(value, "logits"):
        yield from tensors_in(value.logits, depth + 1)


def first_tensors(value: Any, most: int = 4) -> list[Tensor]:
    return list(islice(tensors_in(value), most))
