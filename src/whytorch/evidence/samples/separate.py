"""An image and its mask that go through the same random geometry one after the other, each by a
draw of its own. Seen by the calls of torchvision's transforms while one item is drawn, and by the
states of the random generators before them: who sets the state back draws the same for both."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.modules.module import register_module_forward_pre_hook

from whytorch.evidence.samples import items

_GEOMETRY = {
    "RandomHorizontalFlip", "RandomVerticalFlip", "RandomRotation", "RandomAffine", "RandomCrop",
    "RandomResizedCrop", "RandomPerspective", "ElasticTransform",
}  # fmt: skip
_FEW = 32  # different values in a mask; a picture has more
_MOST_CALLS = 24  # of one item


class _Call(NamedTuple):
    name: str
    state: int
    size: tuple[int, ...]
    is_mask: bool


class Separate:
    """`counts`: name of a transform -> items in which it drew for image and mask separately."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
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
            self._calls.append(_Call(name, _state(), tuple(image.shape[1:]), is_mask))


def _state() -> int:
    """Of torch's, NumPy's and Python's generators."""
    words: Any = np.random.get_state(legacy=True)
    return hash(
        (torch.get_rng_state().numpy().tobytes(), random.getstate(), words[1].tobytes(), words[2])
    )
