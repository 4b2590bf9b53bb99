"""Images -> a few numbers and a small picture of each, computed for many of one shape at once."""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SIDE = 16  # of the small pictures that neighbours are looked up with
_CHUNK_NUMBERS = 4_000_000
_LARGE = 112  # pixels a side; of larger images a part is measured


@dataclass
class Measured:
    """One row for each image; rows of images that could not be measured are NaN."""

    numbers: dict[str, np.ndarray]  # name -> [N] or [N, C]
    small: np.ndarray | None  # [N, features], one set of features for all shapes
    digests: list[bytes | None]  # of the content
    shapes: list[tuple[int, ...] | None]
    again: int = 32  # images that may still be read in another order


def measure(images: list[Tensor | None], until: float = math.inf) -> Measured:
    """All images, or the first ones of each shape when the time `until` has come."""
    shapes = [tuple(i.shape) if i is not None else None for i in images]
    channels = Counter(_channels(s) for s in shapes if s is not None)
    common = channels.most_common(1)[0][0] if channels else 1
    made = Measured({}, None, [None] * len(images), shapes)
    groups: dict[tuple[int, ...], list[int]] = {}
    for position, shape in enumerate(shapes):
        if shape is not None and _channels(shape) == common:
            groups.setdefault(shape, []).append(position)
    flat = {shape for shape in groups if len(shape) == 1 and not _side(shape[0])}
    width = SIDE * SIDE * common if not flat else min(max(f[0] for f in flat), 4096)
    made.small = np.full((len(images), width), np.nan, np.float32)
    for shape, members in groups.items():
        step = max(1, _CHUNK_NUMBERS // max(1, math.prod(shape)))
        for start in range(0, len(members), step):
            if made.numbers and time.perf_counter() > until:
                break
            rows = members[start : start + step]
            batch = torch.stack([images[r] for r in rows])
            _fill(made, rows, batch)
    return made


def _channels(shape: tuple[int, ...]) -> int:
    return shape[0] if len(shape) == 3 else 1


def _side(length: int) -> int | None:
    side = math.isqrt(length)
    return side if side * side == length and side >= 7 else None


def _fill(made: Measured, rows: list[int], batch: Tensor) -> None:
    contiguous = batch.contiguous()
    for row, one in zip(rows, contiguous.reshape(len(rows), -1), strict=True):
        made.digests[row] = hashlib.blake2b(_bytes(one), digest_size=8).digest()
    x = contiguous.to(torch.float32)
    if x.ndim == 2:
        side = _side(x.shape[1])
        x = x.reshape(len(rows), 1, side, side) if side else x.reshape(len(rows), 1, 1, -1)
    finite = torch.isfinite(x).flatten(1).all(1)
    x = torch.nan_to_num(x, 0.0, 0.0, 0.0)
    few = x[: max(0, made.again)]
    numbers = {"nonfinite": (~finite).float(), **_plain(_thinned(x)), **_spatial(_middle(x), few)}
    made.again -= len(rows)
    for name, values in numbers.items():
        array = values.double().cpu().numpy()
        known = made.numbers.setdefault(
            name, np.full((len(made.digests), *array.shape[1:]), np.nan)
        )
        if known.shape[1:] == array.shape[1:]:
            known[rows] = array
    small = _small(x)
    assert made.small is not None
    if small.shape[1] == made.small.shape[1]:
        made.small[rows] = small.numpy()


def _thinned(x: Tensor) -> Tensor:
    """Every n-th pixel of large images: enough for means and extremes."""
    step = -(-max(x.shape[2:]) // _LARGE) if min(x.shape[2:]) > 1 else 1
    return x[:, :, ::step, ::step] if step > 1 else x


def _middle(x: Tensor) -> Tensor:
    """The middle of large images, where neighbouring pixels are still neighbours."""
    top, left = (max(0, (side - _LARGE) // 2) for side in x.shape[2:])
    large = min(x.shape[2:]) > 1 and (top or left)
    return x[:, :, top : top + _LARGE, left : left + _LARGE].contiguous() if large else x


def _bytes(row: Tensor) -> bytes:
    if row.dtype == torch.bfloat16:
        row = row.float()
    return row.numpy().tobytes()


def _plain(x: Tensor) -> dict[str, Tensor]:
    rows = x.flatten(1)
    low, high = rows.amin(1), rows.amax(1)
    planes = x.flatten(2)
    few = rows[:, :: max(1, rows.shape[1] // 1024)].sort(1).values
    return {
        "low": low,
        "high": high,
        "mean": planes.mean(2),
        "square": planes.square().mean(2),
        "deviation": rows.std(1, correction=0),
        "blank": (low == high).float(),
        "integral": (rows == rows.round()).all(1).float(),
        "levels": (few[:, 1:] != few[:, :-1]).sum(1).float() + 1,
    }


def _spatial(x: Tensor, whole: Tensor) -> dict[str, Tensor]:
    """Sharpness, colour, and how much horizontal neighbours have in common."""
    count, channels, height, width = x.shape
    nothing = torch.full((count,), math.nan)
    found = {"colour": _colour(x), "sharpness": nothing, "along": nothing, "unscrambled": nothing}
    if height < 5 or width < 5:
        return found
    grey = x.mean(1)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    variance = inner.flatten(1).var(1, correction=0)
    edges = (around - 4 * inner).flatten(1).var(1, correction=0)
    found["sharpness"] = torch.where(variance > 0, edges / variance.clamp(min=1e-12), math.nan)
    found["along"] = _correlation(x)
    found["wrapped"] = _wrapped(x)
    if channels > 1:
        few = len(whole)
        again = whole.reshape(few, *whole.shape[2:], channels).permute(0, 3, 1, 2)
        found["scrambled"] = nothing.clone()
        found["unscrambled"] = nothing.clone()
        found["scrambled"][:few] = both_ways(whole)
        back = whole.permute(0, 2, 3, 1).reshape(whole.shape)
        found["unscrambled"][:few] = torch.maximum(both_ways(again), both_ways(back))
    return found


def _colour(x: Tensor) -> Tensor:
    if x.shape[1] != 3:
        return torch.full((x.shape[0],), math.nan)
    return (x.amax(1) - x.amin(1)).flatten(1).mean(1)


def _wrapped(x: Tensor) -> Tensor:
    """Where a bright pixel came out dark: neighbours that lie near opposite ends of the range.

    Steps of half the range are far more frequent in pictures than steps over nearly all of it;
    numbers that ran over the end and began anew turn that round. Pixels at the very ends do not
    count: drawings and digits are full of these steps.
    """
    low, high = x.amin((0, 2, 3), keepdim=True), x.amax((0, 2, 3), keepdim=True)
    unit = (x - low) / (high - low).clamp(min=1e-12)
    inner = (unit > 0.02) & (unit < 0.98)
    step = (unit[..., 1:] - unit[..., :-1]).abs()
    inside = inner[..., 1:] & inner[..., :-1]
    far = (inside & (step > 0.75)).flatten(1).float().mean(1)
    half = (inside & (step > 0.35) & (step <= 0.75)).flatten(1).float().mean(1)
    return ((far > 0.01) & (far > 2 * half)).float()


def both_ways(x: Tensor) -> Tensor:
    """The smaller correlation of the two directions: patterns may repeat in one by chance."""
    return torch.minimum(_correlation(x), _correlation(x.transpose(2, 3)))


def _correlation(x: Tensor) -> Tensor:
    """Of each pixel with its right neighbour, within each channel; mean over the channels."""
    left, right = x[..., :-1].flatten(2), x[..., 1:].flatten(2)
    left, right = left - left.mean(2, keepdim=True), right - right.mean(2, keepdim=True)
    below = (left.square().sum(2) * right.square().sum(2)).sqrt()
    each = torch.where(below > 1e-12, (left * right).sum(2) / below.clamp(min=1e-12), math.nan)
    return each.nanmean(1)


def _small(x: Tensor) -> Tensor:
    """At most 16 x 16 in each channel; small flat vectors as they are."""
    if x.shape[2] == 1 and x.shape[3] > SIDE:
        return x.flatten(1)[:, :4096]
    return functional.adaptive_avg_pool2d(x, SIDE).flatten(1)


def stats(made: Measured, dtype: str) -> dict[str, Any] | None:
    """As `ImageStats`."""
    n = made.numbers
    if not n:
        return None
    seen = ~np.isnan(n["low"])
    if not seen.any():
        return None
    low, high = float(n["low"][seen].min()), float(n["high"][seen].max())
    mean = n["mean"][seen]
    variance = np.maximum(0.0, n["square"][seen].mean(0) - mean.mean(0) ** 2)
    shapes = Counter(s for s in made.shapes if s is not None)
    span = high - low
    return {
        "samples": int(seen.sum()),
        "shape": list(shapes.most_common(1)[0][0]),
        "shapes": len(shapes),
        "dtype": dtype,
        "minimum": low,
        "maximum": high,
        "channel_mean": mean.mean(0).tolist(),
        "channel_std": np.sqrt(variance).tolist(),
        "mean_spread": mean.std(0).tolist(),
        "ends_spread": float((mean[:, 0] - mean[:, -1]).std()),
        "contrast": float(np.median(n["deviation"][seen])),
        "sharpness": _median(n["sharpness"][seen]),
        "sharpness_spread": _spread(n["sharpness"][seen]),
        "colour": _mean(n["colour"][seen] / span) if span > 0 else None,
        "blank_share": float(n["blank"][seen].mean()),
        "nonfinite_share": float(n["nonfinite"][seen].mean()),
        "integral_share": float(n["integral"][seen].mean()),
        "levels": _median(n["levels"][seen]),
        "wrapped_share": _mean(n["wrapped"][seen]) or 0.0 if "wrapped" in n else 0.0,
        "along_rows": _mean(n["along"][seen]),
        "scrambled": _mean(n["scrambled"][seen]) if "scrambled" in n else None,
        "unscrambled": _mean(n["unscrambled"][seen]),
    }


def _median(values: np.ndarray) -> float | None:
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else None


def _mean(values: np.ndarray) -> float | None:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else None


def _spread(values: np.ndarray) -> float | None:
    values = values[~np.isnan(values)]
    return float(values.std()) if len(values) else None
