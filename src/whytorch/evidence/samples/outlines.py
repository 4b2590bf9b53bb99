"""Whether masks belong to their images: along the rim of its own mask an image has edges, or the
inside is brighter or darker than the outside; along that of another image's mask it has not."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.samples import items

_MOST = 48  # pairs
_OTHERS = 12  # masks that each image is held against
_APART = 0.5  # overlap; masks that are nearly the same tell nothing
_LEAST, _MOST_SHARE = 0.01, 0.6  # of the pixels in a mask
_SIDE = 64  # pixels; larger ones are shrunk
_FEW = 2  # pairs that can be compared


class Outlines:
    """Counts over the pairs of image and mask of a few items."""

    def __init__(self) -> None:
        self._pairs: list[tuple[Tensor, Tensor]] = []

    def look(self, item: Any) -> None:
        pair = _pair_in(item) if len(self._pairs) < _MOST else None
        if pair is not None and (not self._pairs or pair[0].shape == self._pairs[0][0].shape):
            self._pairs.append(pair)

    def facts(self) -> dict[str, Any] | None:
        """As `Outlined`."""
        compared = edges = contrast = 0
        for i, (image, own) in enumerate(self._pairs):
            others = [m for m in self._others(i) if _overlap(own, m) < _APART]
            if len(others) < _FEW:
                continue
            mine, theirs = _scores(image, own), torch.stack([_scores(image, m) for m in others])
            better = mine > theirs.median(0).values
            compared += 1
            edges, contrast = edges + int(better[0]), contrast + int(better[1])
        return {"pairs": compared, "edges": edges, "contrast": contrast} if compared else None

    def _others(self, own: int) -> list[Tensor]:
        count = len(self._pairs)
        return [self._pairs[(own + k) % count][1] for k in range(1, min(count, _OTHERS + 1))]


def _pair_in(item: Any) -> tuple[Tensor, Tensor] | None:
    """([C, H, W], [H, W] of zeros and ones) where an item has an image and a mask of its size; of
    class numbers all but 0."""
    parts = list(item.values()) if isinstance(item, dict) else item
    if not isinstance(parts, (tuple, list)) or len(parts) != 2:
        return None
    image, mask = (items.as_image(part) for part in parts)
    if image is None or mask is None or image.ndim != 3 or mask.ndim != 3:
        return None
    if mask.shape[0] != 1 or mask.shape[1:] != image.shape[1:] or min(mask.shape[1:]) < 16:
        return None
    image, mask = image.detach().cpu().float(), mask.detach().cpu().float()
    inside = (mask > 0).float()
    if len(mask.unique()) > 32 or not _LEAST < float(inside.mean()) < _MOST_SHARE:
        return None
    side = max(mask.shape[1:])
    if side > _SIDE:
        size = [max(16, round(n * _SIDE / side)) for n in mask.shape[1:]]
        image = functional.interpolate(image[None], size, mode="area")[0]
        inside = functional.interpolate(inside[None], size)[0]
    return image, inside[0]


def _overlap(one: Tensor, other: Tensor) -> float:
    return float((one * other).sum() / ((one + other) > 0).sum().clamp(min=1))


def _scores(image: Tensor, mask: Tensor) -> Tensor:
    """[2]: how much steeper the image is along the rim than elsewhere, and how far the inside is
    from the outside."""
    near = mask[None, None]
    rim = functional.max_pool2d(near, 3, 1, 1) + functional.max_pool2d(-near, 3, 1, 1)
    on = rim[0, 0] > 0
    smooth = functional.avg_pool2d(image[None], 3, 1, 1)[0]
    steep = torch.zeros_like(mask)
    steep[1:-1, 1:-1] = (
        (smooth[:, 2:, 1:-1] - smooth[:, :-2, 1:-1]).abs()
        + (smooth[:, 1:-1, 2:] - smooth[:, 1:-1, :-2]).abs()
    ).sum(0)
    inside = mask > 0
    edges = steep[on].mean() - steep[~on].mean()
    contrast = (image[:, inside].mean(1) - image[:, ~inside].mean(1)).abs().sum()
    return torch.stack([edges, contrast])
