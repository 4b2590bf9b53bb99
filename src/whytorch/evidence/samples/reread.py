"""The array of all images read in another order: as if the images lay along its last dimension."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from whytorch.evidence.samples.items import as_image
from whytorch.evidence.samples.measure import both_ways

_FEW = 32
_MANY = 512  # in which a line of a frame stays what it is
_SMALLEST = 6  # pixels a side


def reread(rows: np.ndarray | None) -> dict[str, Any]:
    """`images_first` and `images_last` of `SampleSet`; nothing where the order of numbers is not
    that of memory (a transposed view is no reshape), or images are flat.

    A frame that was put around the images afterwards is taken off, where that tells more.
    """
    if rows is None or rows.ndim not in (3, 4) or not rows.flags.c_contiguous:
        return {}
    found = [both for both in (_both(rows), _both(_unframed(rows))) if both is not None]
    if not found:
        return {}
    now, otherwise = max(found, key=lambda both: both[1] - both[0])
    return {"images_first": now, "images_last": otherwise}


def _both(rows: np.ndarray | None) -> tuple[float, float] | None:
    """Neighbours' correlation as it is, and the best of other readings."""
    if rows is None:
        return None
    count, shape = len(rows), rows.shape[1:]
    few = np.linspace(0, count - 1, min(count, _FEW)).astype(int)
    columns = rows.reshape(-1, count)[:, few].T
    now = _correlation(rows[few])
    readings = {shape, (*shape[1:], shape[0]), (shape[-1], *shape[:-1])}
    otherwise = [_correlation(columns.reshape(len(few), *reading)) for reading in readings]
    known = [c for c in otherwise if c is not None]
    return (now, max(known)) if now is not None and known and count > max(shape) else None


def _unframed(rows: np.ndarray) -> np.ndarray | None:
    """Without the outer lines that hold one and the same value in all images; None where there are
    none, or nothing but them."""
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MANY)).astype(int)]
    changes = (some != some.flat[0]).reshape(len(some), -1, *rows.shape[-2:])
    lively = changes.any(axis=(0, 1))
    down, across = np.flatnonzero(lively.any(1)), np.flatnonzero(lively.any(0))
    if not len(down) or lively[0].any() or lively[-1].any():
        return None
    inside = rows[..., down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    return np.ascontiguousarray(inside)


def _correlation(images: np.ndarray) -> float | None:
    found = [as_image(image) for image in images.astype(np.float32)]
    known = [x for x in found if x is not None and x.ndim == 3 and min(x.shape[1:]) >= _SMALLEST]
    if len(known) < len(found):
        return None
    value = both_ways(torch.stack(known)).nanmean().item()
    return value if value == value else None
