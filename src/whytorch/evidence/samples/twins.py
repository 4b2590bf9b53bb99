"""The same images in two data sets: identical by content, or nearly so by their look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whytorch.evidence.samples.measure import Measured

_MOST = 1024
NEAR = 0.05  # of the usual distance
# Copies stand apart from all other images. Simple drawings that differ in place and size are near
# each other too, but the wider one looks, the more there are: at twice the distance (four times
# 1 - correlation) 4 times as many where two numbers make a drawing, and 2 times in a film.
WIDER, CROWD = 4.0, 2.5


def compare(
    train: Measured,
    evaluation: Measured,
    labels: Sequence[int | None],
    indices: tuple[list[int], list[int]],
    length: int | None,
    same_place: bool,
) -> dict[str, Any] | None:
    """As `Twins`. `same_place`: equal indices are the same stored image."""
    mine, theirs = _usable(evaluation), _usable(train)
    if len(mine) < 8 or len(theirs) < 8:
        return None
    places: dict[bytes, int] = {}
    for row in theirs:
        places.setdefault(train.digests[row] or b"", row)
    identical, examples = np.zeros(len(mine), bool), []
    shared = set(indices[0]) & set(indices[1]) if same_place else set()
    for position, row in enumerate(mine):
        found = places.get(evaluation.digests[row] or b"-")
        if found is not None and indices[1][row] not in shared:
            identical[position] = True
            examples.append((indices[1][row], indices[0][found]))
    near, usual = _near(train, evaluation, labels, theirs, mine)
    near &= ~identical
    whole = (length or len(theirs)) <= len(theirs)
    return {
        "compared": len(mine),
        "among": len(theirs),
        "complete": whole,
        "identical": int(identical.sum()),
        "near": int(near.sum()),
        "usual_distance": usual,
        "examples": examples[:10],
    }


def _usable(measured: Measured) -> list[int]:
    """Images that show something: one of a single value is equal to any other such."""
    blank = measured.numbers.get("blank")
    if blank is None:
        return []
    return [
        row for row, digest in enumerate(measured.digests) if digest is not None and blank[row] == 0
    ][:_MOST]


def _near(
    train: Measured,
    evaluation: Measured,
    labels: Sequence[int | None],
    theirs: list[int],
    mine: list[int],
) -> tuple[np.ndarray, float | None]:
    """Which images of evaluation have a near twin in training, and what is usual instead.

    How far apart different images of these data are is measured on training itself: the distance
    (1 - correlation of the shrunken pictures) to the nearest image of another label. A near twin
    is at a twentieth of its median: siblings of one class (digits, X-rays) stay above a tenth.
    """
    none = np.zeros(len(mine), bool)
    known = np.asarray([label if (label := labels[r]) is not None else -1 for r in theirs])
    if train.small is None or evaluation.small is None or (known == known[0]).all():
        return none, None
    if train.small.shape[1] != evaluation.small.shape[1]:
        return none, None
    a, b = _standard(evaluation.small[mine]), _standard(train.small[theirs])
    across = 1 - b @ b.T
    across[known[:, None] == known[None, :]] = np.inf
    usual = float(np.median(across.min(1)))
    if not np.isfinite(usual):
        return none, None
    apart = 1 - a @ b.T
    near = (apart < NEAR * usual).sum(1)
    around = (apart < WIDER * NEAR * usual).sum(1)
    if around.sum() > CROWD * near.sum():
        return none, usual
    return np.asarray(near > 0), usual


def _standard(x: np.ndarray) -> np.ndarray:
    """Brightness and contrast taken out; dot products are correlations."""
    x = np.nan_to_num(x - x.mean(1, keepdims=True))
    return np.asarray(x / np.maximum(np.sqrt((x * x).sum(1, keepdims=True)), 1e-9))


def repeated(measured: Measured) -> tuple[int, int]:
    """(samples identical to an earlier one, different samples)."""
    digests = [measured.digests[row] for row in _usable(measured)]
    return len(digests) - len(set(digests)), len(set(digests))
