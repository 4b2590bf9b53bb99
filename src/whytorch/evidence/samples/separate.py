"""An image and its mask that go through the same random geometry one after the other, each by a
draw of its own. Seen by the calls of torchvision's transforms while one item is drawn, and by the
states of the random generators before them: who sets the state back draws the same for both. And
flips by hand, seen by the same item drawn twice: the image came mirrored, and the mask did not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from torch import Tensor
from torch.nn.modules.module import register_module_forward_pre_hook

from whytorch.evidence.samples import items
from whytorch.evidence.samples.in_vain import random_state

_GEOMETRY = {
    "RandomHorizontalFlip", "RandomVerticalFlip", "RandomRotation", "RandomAffine", "RandomCrop",
    "RandomResizedCrop", "RandomPerspective", "ElasticTransform",
}  # fmt: skip
_FEW = 32  # different values in a mask; a picture has more
_MOST_CALLS = 24  # of one item
_MOST_TWICE = 24  # items that are drawn once more
_SAME = 0.01  # root mean square, in deviations of the pixels
_FLIPS: tuple[tuple[int, ...], ...] = ((), (2,), (1,), (1, 2))


class _Call(NamedTuple):
    name: str
    state: int
    size: tuple[int, ...]
    is_mask: bool


class Separate:
    """`counts`: name of a transform -> items in which it drew for image and mask separately."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.flipped = self.twice = 0  # items with image and mask mirrored otherwise, of how many
        self._calls: list[_Call] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """One item is drawn."""
        self._calls = []
        hook = register_module_forward_pre_hook(self._called)
        try:
            yield
        finally:
            hook.remove()
        for name in {c.name for c in self._calls}:
            own = [c for c in self._calls if c.name == name]
            pictures, masks = ([c for c in own if c.is_mask is kind] for kind in (False, True))
            if any(p.size == m.size and p.state != m.state for p in pictures for m in masks):
                if not any(p.state == m.state for p in pictures for m in masks):
                    self.counts[name] = self.counts.get(name, 0) + 1

    def _called(self, module: Any, given: tuple[Any, ...]) -> None:
        name = type(module).__name__
        library = type(module).__module__.startswith("torchvision.transforms")
        if not library or name not in _GEOMETRY or len(given) != 1:
            return  # several at once are one draw
        image = items.as_image(given[0]) if len(self._calls) < _MOST_CALLS else None
        if image is not None and image.ndim == 3:
            is_mask = image.shape[0] == 1 and len(image.unique()) <= _FEW
            self._calls.append(_Call(name, random_state(), tuple(image.shape[1:]), is_mask))

    def compare(self, one: Any, draw: Callable[[], Any]) -> None:
        """An item, and the same one drawn again."""
        before = _image_and_mask(one) if self.twice < _MOST_TWICE else None
        after = _image_and_mask(draw()) if before is not None else None
        if before is None or after is None:
            return
        image, mask = (_changes(a, b) for a, b in zip(before, after, strict=True))
        if image and mask:
            self.twice += 1
            self.flipped += not image & mask


def _image_and_mask(item: Any) -> tuple[Tensor, Tensor] | None:
    parts = list(item.values()) if isinstance(item, dict) else item
    if not isinstance(parts, (tuple, list)):
        return None
    found = [i for i in map(items.as_image, parts) if i is not None and i.ndim == 3]
    if len(found) < 2 or found[0].shape[1:] != found[-1].shape[1:]:
        return None
    image, mask = (x.detach().cpu().float() for x in (found[0], found[-1]))
    whole = mask.shape[0] == 1 and 1 < len(mask.unique()) <= _FEW < len(image.unique())
    return (image, mask) if whole else None


def _changes(one: Tensor, other: Tensor) -> set[tuple[int, ...]]:
    """The flips that take the one to the other: several of what is symmetric."""
    if one.shape != other.shape:
        return set()
    least = _SAME * float(one.std().clamp(min=1e-6))
    return {f for f in _FLIPS if float((one.flip(f) - other).square().mean().sqrt()) <= least}
