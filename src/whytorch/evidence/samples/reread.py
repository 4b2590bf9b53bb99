"""The array of all images read in another order: as if the images lay along its last dimension."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from whytorch.evidence.samples.items import as_image
from whytorch.evidence.samples.measure import both_ways

_FEW = 32
_SMALLEST = 6  # pixels a side


def reread(rows: np.ndarray | None) -> dict[str, Any]:
    """`images_first` and `images_last` of `SampleSet`; nothing where the order of numbers is not
    that of memory (a transposed view is no reshape), or images are flat."""
    if rows is None or rows.ndim not in (3, 4) or not rows.flags.c_contiguous:
        return {}
    count, shape = len(rows), rows.shape[1:]
    few = np.linspace(0, count - 1, min(count, _FEW)).astype(int)
    columns = rows.reshape(-1, count)[:, few].T
    now = _correlation(rows[few])
    readings = {shape, (*shape[1:], shape[0]), (shape[-1], *shape[:-1])}
    otherwise = [_correlation(columns.reshape(len(few), *reading)) for reading in readings]
    known = [c for c in otherwise if c is not None]
    if now is None or not known or count <= max(shape):
        return {}
    return {"images_first": now, "images_last": max(known)}


def _correlation(images: np.ndarray) -> float | None:
    found = [as_image(image) for image in images.astype(np.float32)]
    known = [x for x in found if x is not None and x.ndim == 3 and min(x.shape[1:]) >= _SMALLEST]
    if len(known) < len(found):
        return None
    value = both_ways(torch.stack(known)).nanmean().item()
    return value if value == value else None
