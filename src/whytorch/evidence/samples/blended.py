"""Masks of class numbers that were resized or turned with interpolation: between an area of class 0
and one of class 3 lies a rim of 1 and 2, which are classes of their own elsewhere."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.samples import items

_MOST_CLASSES = 64
_LEAST = 3  # pixels of a class
_RIM, _SOLID = 0.9, 0.5  # of its pixels: the one, or the other


class Blended:
    """Counts over the masks of a few items."""

    def __init__(self) -> None:
        self.masks = self.jumps = self.ramps = 0
        self.solid: dict[int, int] = {}  # class -> masks in which it is an area
        self.rims: dict[int, int] = {}  # in which it is nothing but the rim between two others

    def look(self, item: Any) -> None:
        mask = _mask_in(item)
        if mask is None:
            return
        self.masks += 1
        for m in (mask, mask.T):
            step = (m[:, 1:] - m[:, :-1]).abs()
            self.jumps += int((step >= 2).sum())
            before, after = m[:, 1:-1] - m[:, :-2], m[:, 2:] - m[:, 1:-1]
            self.ramps += int((before * after > 0).sum())
        near = mask.float()[None, None]
        high = functional.max_pool2d(near, 3, 1, 1)[0, 0]
        low = -functional.max_pool2d(-near, 3, 1, 1)[0, 0]
        for one in mask.unique().tolist():
            own = mask == one
            if int(own.sum()) < _LEAST:
                continue
            rim = own & (low < one) & (high > one)
            if int(rim.sum()) >= _RIM * int(own.sum()):
                self.rims[one] = self.rims.get(one, 0) + 1
            elif int(_in_squares(own).sum()) >= _SOLID * int(own.sum()):
                self.solid[one] = self.solid.get(one, 0) + 1

    def facts(self) -> dict[str, Any] | None:
        if not self.masks:
            return None
        both = {str(c): (self.solid[c], n) for c, n in self.rims.items() if c in self.solid}
        return {"masks": self.masks, "jumps": self.jumps, "ramps": self.ramps, "classes": both}


def _mask_in(item: Any) -> Tensor | None:
    """The last part of an item that holds a class number for each pixel of its image."""
    parts = list(item.values()) if isinstance(item, dict) else item
    if not isinstance(parts, (tuple, list)) or len(parts) < 2:
        return None
    images = [items.as_image(part) for part in parts]
    found = [m for m in images if m is not None and m.ndim == 3]
    mask = found[-1] if len(found) > 1 else None
    if mask is None or mask.shape[0] != 1 or mask.shape[1:] != found[0].shape[1:]:
        return None
    mask = mask[0].detach().cpu()
    if mask.is_floating_point():
        return None
    mask = mask.long()
    low, high = int(mask.min()), int(mask.max())
    return mask if low >= 0 and 1 <= high < _MOST_CLASSES and min(mask.shape) >= 8 else None


def _in_squares(own: Tensor) -> Tensor:
    """Pixels that lie in a square of two by two of the same."""
    whole = functional.avg_pool2d(own.float()[None, None], 2, 1) == 1
    spread = functional.pad(whole.float(), (1, 1, 1, 1))
    return (functional.max_pool2d(spread, 2, 1)[0, 0] > 0) & torch.ones_like(own)
