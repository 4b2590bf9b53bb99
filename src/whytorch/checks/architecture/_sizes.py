"""How large the images are that a source feeds, where it leaves no doubt."""

from __future__ import annotations

from whytorch.evidence.source import Call, Source, Value

_DATA = {
    "MNIST": (1, 28), "FashionMNIST": (1, 28), "KMNIST": (1, 28), "EMNIST": (1, 28),
    "QMNIST": (1, 28), "CIFAR10": (3, 32), "CIFAR100": (3, 32), "SVHN": (3, 32),
}  # fmt: skip
_CROPS = ("CenterCrop", "RandomCrop", "RandomResizedCrop")
# What may change the size or the channels in ways not followed here.
_OTHERS = ("Pad", "FiveCrop", "TenCrop", "Lambda", "Grayscale", "interpolate", "resize", "pad",
           "ZeroPad2d", "Upsample", "unfold", "expand", "repeat", "thumbnail", "crop")  # fmt: skip


def image_size(source: Source) -> tuple[int, int] | None:
    """(channels, side) of the square images; None where several readings are left."""
    if source.calls_to(*(f"*.{name}" for name in _OTHERS)):
        return None
    known = {_DATA[c.last] for c in source.calls_to(*(f"*.{name}" for name in _DATA))}
    reshaped = _reshaped(source)
    if not known:
        return next(iter(reshaped)) if len(reshaped) == 1 else None
    if len(known) > 1 or reshaped - known:
        return None
    channels, side = next(iter(known))
    for names in (_CROPS, ("Resize",)):
        calls = source.calls_to(*(f"*.{name}" for name in names))
        if calls:
            sizes = {_square(c.argument("size") or next(iter(c.args), None)) for c in calls}
            found = next(iter(sizes))
            if len(sizes) > 1 or found is None:
                return None
            return channels, found
    return channels, side


def _square(value: Value | None) -> int | None:
    """28 for 28 and for (28, 28)."""
    size = value.constant if value is not None and value.is_constant else None
    if isinstance(size, tuple) and len(size) == 2 and size[0] == size[1]:
        size = size[0]
    return size if isinstance(size, int) else None


def _reshaped(source: Source) -> set[tuple[int, int]]:
    """x.reshape(-1, 1, 28, 28), outside of networks: a decoder builds its image so."""
    inside = {n.name for n in source.networks}
    calls = source.calls_to("*.reshape", "*.view", "torch.randn", "torch.rand")
    outside = [c for c in calls if c.function.partition(".")[0] not in inside]
    return {size for c in outside if (size := _four(c)) is not None}


def _four(call: Call) -> tuple[int, int] | None:
    numbers = [a.constant for a in call.args if a.is_constant]
    if len(numbers) == 1 and isinstance(numbers[0], tuple):
        numbers = list(numbers[0])
    if len(call.args) not in (1, 4) or len(numbers) != 4 or numbers[2] != numbers[3]:
        return None
    channels, side = numbers[1], numbers[2]
    if not isinstance(channels, int) or not isinstance(side, int) or side < 4:
        return None
    return (channels, side) if 0 < channels < 5 else None
