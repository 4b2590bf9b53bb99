"""The same items asked for twice: what random augmentation does to them."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.samples import items
from whytorch.evidence.samples.blended import Blended
from whytorch.evidence.samples.draw import Drawn
from whytorch.evidence.samples.in_vain import in_vain
from whytorch.evidence.samples.outlines import Outlines
from whytorch.evidence.samples.separate import Separate

MOST = 48
_LEAST, _GRACE = 8, 0.5  # one item says little: so many are waited for, so many seconds
_NAMED = 20  # differing items whose kind of difference is looked for
_MIRRORED = ("flip", "flip-vertical")
_SAME = 1e-4  # in deviations of the pixels
_FITS = 0.15  # of the difference is left if it was this change
_SHIFT = 4  # pixels of a picture of 32


def redraw(dataset: Any, drawn: Drawn, until: float) -> dict[str, Any] | None:
    """As `Redraw`."""
    differences: list[float] = []
    kinds: dict[str, int] = {}
    moved: list[Tensor] = []  # of targets of several numbers: which are others when mirrored
    seen = labels = shapes = 0
    separate, blended, outlines = Separate(), Blended(), Outlines()
    for position, index in enumerate(drawn.indices[:MOST]):
        first = drawn.images[position]
        if first is None:
            continue
        late = time.perf_counter() - until
        if seen and late > (0.0 if seen >= _LEAST else _GRACE):
            break
        try:
            with separate.watching():
                item = dataset[index]
            again = items.read(item)
            blended.look(item)
            outlines.look(item)
            separate.compare(item, partial(dataset.__getitem__, index))
        except Exception:
            continue
        if again.image is None:
            continue
        seen += 1
        labels += again.label != drawn.labels[position]
        second = again.image.detach().cpu()
        if first.shape != second.shape:
            shapes += 1
            continue
        size = difference(first, second)
        if size > _SAME:
            differences.append(size)
            if len(differences) <= _NAMED:
                kind = kind_of(first, second)
                kinds[kind] = kinds.get(kind, 0) + 1
                before, now = drawn.vectors[position], again.vector
                if kind in _MIRRORED and before is not None and now is not None:
                    moved += [before != now] if before.shape == now.shape else []
    if not seen:
        return None
    differences.sort()
    all_alike = not (differences or labels or shapes)
    return {
        "items": seen,
        "differing": len(differences),
        "difference": differences[len(differences) // 2] if differences else None,
        "labels_differing": labels,
        "moved": _mostly(moved),
        "unmoved": sum(not m.any() for m in moved),
        "kinds": kinds,
        "shapes_differing": shapes,
        "apart": separate.counts,
        "mirrored_apart": (separate.flipped, separate.twice),
        "blended": blended.facts(),
        "outlined": outlines.facts(),
        "in_vain": in_vain(dataset, drawn.indices, until) if all_alike else 0,
    }


def difference(one: Tensor, other: Tensor) -> float:
    """Root mean square, in deviations of the first one's pixels."""
    a, b = one.float(), other.float()
    spread = max(a.std(correction=0).item(), b.std(correction=0).item(), 1e-6)
    size = (a - b).square().mean().sqrt().item() / spread
    return size if math.isfinite(size) else 0.0


def kind_of(one: Tensor, other: Tensor) -> str:
    """What took the first image to the second, of the changes that are cheap to try."""
    a, b = one.float(), other.float()
    if a.ndim != 3:
        return "other"
    whole = difference(a, b)
    turned = {
        "flip": a.flip(2),
        "flip-vertical": a.flip(1),
        "rotation": a.flip(1, 2),
    }
    for name, image in turned.items():
        if difference(image, b) < _FITS * whole:
            return name
    if a.shape[1] == a.shape[2]:
        if min(difference(a.rot90(k, (1, 2)), b) for k in (1, 3)) < _FITS * whole:
            return "rotation"
    if not _is_linear(a, b):  # turned, and brighter or paler
        for name, image in turned.items():
            if _is_linear(image, b):
                return name
    if _same_but_a_patch(a, b):
        return "patch"
    if _is_linear(a, b):
        return "colour"
    shifted = min(_best_shift(image, b) for image in (a, a.flip(2)))
    return "shift" if shifted < 2 * _FITS * whole else "other"


def _mostly(moved: list[Tensor]) -> list[int]:
    if len({len(m) for m in moved}) != 1:
        return []
    return (torch.stack(moved).double().mean(0) >= 0.8).nonzero().reshape(-1).tolist()


def _same_but_a_patch(a: Tensor, b: Tensor) -> bool:
    changed = ((a - b).abs() > 1e-5).any(0)
    rows, columns = changed.any(1).nonzero(), changed.any(0).nonzero()
    box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    return bool(changed.float().mean() < 0.5 and changed.sum() > 0.6 * box)


def _is_linear(a: Tensor, b: Tensor) -> bool:
    """Each channel of the one is the other's, times something, plus something."""
    left, right = a.flatten(1), b.flatten(1)
    left, right = left - left.mean(1, keepdim=True), right - right.mean(1, keepdim=True)
    below = (left.square().sum(1) * right.square().sum(1)).sqrt()
    fits = (left * right).sum(1) / below.clamp(min=1e-12)
    return bool((fits > 0.97).all() and (below > 1e-9).all())


def _best_shift(a: Tensor, b: Tensor) -> float:
    """The smallest difference of the inner parts over small shifts, in deviations."""
    if max(a.shape[1:]) > 40:
        a, b = (functional.adaptive_avg_pool2d(x, 32) for x in (a, b))
    edge = min(_SHIFT, min(a.shape[1:]) // 4)
    height, width = a.shape[1] - 2 * edge, a.shape[2] - 2 * edge
    inner = a[:, edge : edge + height, edge : edge + width]
    views = b.unfold(1, height, 1).unfold(2, width, 1)
    gaps = (views - inner[:, None, None]).square().mean((0, 3, 4)).sqrt()
    return float(gaps.min() / max(inner.std(correction=0).item(), 1e-6))
