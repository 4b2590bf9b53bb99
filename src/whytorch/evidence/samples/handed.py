"""What became of batches between their loader and the network: of the images one by one, and of
the pairs of image and label."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.handed import Part

Changes = list[tuple[str, float | None]]

_CHANNELS = (1, 2, 3, 4)
_UNKNOWN = ("other", "resized", "blanked")  # changes that any other image may have come to

# Correlation within channels. One linear map gives 1 but for rounding; the channels of a pale photo
# correlate by 0.99 with each other's, so that the best reading counts, and only if it is exact.
_EXACT = 0.9995
_KNOWN = 0.8  # of a batch's rows that must be recognized
_SAME_ROW = 0.999
_ASTRAY = 0.5  # of the labels that can differ by chance


def compare(pairs: list[tuple[list[Part], Part]]) -> dict[str, Any] | None:
    """As `Handed`, without its neighbours."""
    changes: Counter[str] = Counter()
    sizes: list[float] = []
    batches = paired = astray = 0
    for near, entered in pairs:
        traces = [(*_trace(part, entered), part) for part in near]
        sure, found, best = max(traces, key=lambda trace: trace[0])
        if not sure:
            continue
        batches += 1
        for kind, size in found:
            changes[kind] += 1
            sizes += [size] if kind == "other" and size is not None else []
        verdict = _went_astray(best, entered)
        paired += verdict is not None
        astray += verdict is True
    if not batches:
        return None
    return {
        "batches": batches, "images": sum(changes.values()), "changes": dict(changes),
        "difference": median(sizes) if sizes else None, "paired": paired, "astray": astray,
    }  # fmt: skip


def _trace(part: Part, entered: Part) -> tuple[float, Changes]:
    """How surely this is the batch that entered, by its images or its labels; what became of it."""
    if part.samples != entered.samples:
        return 0.0, []
    changes = _changes(part, entered)
    known = sum(kind not in _UNKNOWN for kind, _ in changes)
    images = max(known / max(1, len(changes)), _recognized(part, entered))
    labels = any(
        mine.shape == theirs.shape and torch.equal(mine, theirs)
        for mine in map(_as_rows, part.labels)
        for theirs in map(_as_rows, entered.labels)
    )
    return (1.0 + images) if images >= _KNOWN else 0.5 if labels else 0.0, changes


# --- images one by one --------------------------------------------------------------------------


def _changes(part: Part, entered: Part) -> Changes:
    """(kind of change, size of "other") for each image that was kept whole of both."""
    before, after = _images(part.whole), _images(entered.whole)
    if before is None or after is None or part.positions != entered.positions:
        return []
    if before.shape != after.shape:
        if before.numel() != after.numel():
            return [("resized", None)] * len(part.positions)
        after = after.reshape(before.shape)  # flattened on the way
    same = (before == after).flatten(1).all(1).tolist()
    blanked = (_blank(after) & ~_blank(before)).tolist()
    fits = {kind: f.tolist() for kind, f in _fits(_standard(before), _standard(after)).items()}
    found: Changes = []
    for i, is_same in enumerate(same):
        # Of equal ones the first: a symmetric image that was mirrored is "scaled".
        kind = max(fits, key=lambda k: fits[k][i])
        if blanked[i]:
            found.append(("blanked", None))
        elif is_same or fits[kind][i] >= _EXACT:
            found.append(("same" if is_same else kind, None))
        else:
            found.append(("other", max(0.0, 2 - 2 * fits["scaled"][i]) ** 0.5))
    return found


def _images(whole: Tensor) -> Tensor | None:
    """[N, C, H, W]; flat ones as one channel, square where they can be."""
    if whole.ndim == 4:
        last = whole.shape[1] not in _CHANNELS and whole.shape[3] in _CHANNELS
        return whole.permute(0, 3, 1, 2) if last else whole
    if whole.ndim == 2:
        side = math.isqrt(whole.shape[1])
        return whole.reshape(
            len(whole), 1, *((side, side) if side**2 == whole.shape[1] else (1, -1))
        )
    return whole[:, None] if whole.ndim == 3 else None


def _blank(images: Tensor) -> Tensor:
    return images.flatten(1).amax(1) == images.flatten(1).amin(1)


def _standard(images: Tensor) -> Tensor:
    """Each channel less its mean, of length 1; blank channels are 0."""
    x = images - images.mean((2, 3), keepdim=True)
    return x / x.square().sum((2, 3), keepdim=True).sqrt().clamp(min=1e-9)


def _fits(one: Tensor, other: Tensor) -> dict[str, Tensor]:
    """Kind of change -> [N], how well the first ones, changed so, are the others."""
    plain = _fit(one, other)
    fits = {"scaled": plain, "inverted": -plain}
    if one.shape[1] == 3:
        fits["channels"] = _fit(one.flip(1), other)
    if one.shape[2] > 1:
        fits["flip"], fits["flip-vertical"] = _fit(one.flip(3), other), _fit(one.flip(2), other)
        turned = [one.flip(2, 3)]
        if one.shape[2] == one.shape[3]:
            turned += [one.rot90(1, (2, 3)), one.rot90(3, (2, 3))]
        fits["rotation"] = torch.stack([_fit(x, other) for x in turned]).amax(0)
    return fits


def _fit(one: Tensor, other: Tensor) -> Tensor:
    """Mean over the channels of their correlation; blank in both fits."""
    blank = (one == 0).flatten(2).all(2) & (other == 0).flatten(2).all(2)
    return torch.where(blank, 1.0, (one * other).sum((2, 3))).mean(1)


# --- images and labels --------------------------------------------------------------------------


def _rows(part: Part) -> Tensor:
    x = part.sketch - part.sketch.mean(1, keepdim=True)
    return x / x.norm(dim=1, keepdim=True).clamp(min=1e-9)


def _order(part: Part, entered: Part) -> tuple[Tensor, Tensor] | None:
    """(rows that entered, their rows in the batch), of those that are like one row alone."""
    if part.sketch.shape != entered.sketch.shape:
        return None
    alike = _rows(entered) @ _rows(part).T
    best, which = alike.max(1)
    alone = (alike > best[:, None] - 1e-4).sum(1) == 1
    known = torch.nonzero((best > _SAME_ROW) & alone).reshape(-1)
    return known, which[known]


def _recognized(part: Part, entered: Part) -> float:
    found = _order(part, entered)
    return len(found[0]) / max(1, len(entered.sketch)) if found is not None else 0.0


def _went_astray(part: Part, entered: Part) -> bool | None:
    """Whether the labels of this batch went with other images of it; None where nobody knows.

    Other numbers are another task. With several losses one of them may be given the right ones.
    """
    found = _order(part, entered)
    if found is None or len(found[0]) < _KNOWN * len(entered.sketch) or not entered.labels:
        return None
    rows, origin = found
    for own in map(_as_rows, part.labels):
        for asked in map(_as_rows, entered.labels):
            if own.shape != asked.shape or len(own) != len(part.sketch):
                return None
            kinds, counts = own.unique(dim=0, return_counts=True)
            others, times = asked.unique(dim=0, return_counts=True)
            if not (torch.equal(kinds, others) and torch.equal(counts, times)):
                return None
            if not part.labels[0].is_floating_point() and _renumbered(own[origin], asked[rows]):
                return None
            right = (asked[rows] == own[origin]).all(1).float().mean().item()
            chance = (counts / len(own)).square().sum().item()
            if chance > 0.9 or 1 - right < _ASTRAY * (1 - chance):
                return False
    return bool(part.labels)


def _as_rows(labels: Tensor) -> Tensor:
    """[N, K]: of classes and of single numbers, one column."""
    return labels.reshape(len(labels), -1).float()


def _renumbered(own: Tensor, asked: Tensor) -> bool:
    """Each class has another number, the same for all of its images."""
    pairs = torch.cat([own, asked], 1).unique(dim=0)
    return len(pairs) == len(own.unique(dim=0)) and not torch.equal(own, asked)
