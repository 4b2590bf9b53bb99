"""The same images in two data sets: identical by content, or nearly so by their look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whytorch.evidence.samples.measure import Measured

_MOST = 1024
_NEAR = 2  # of 64 bits


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
    near = _near(evaluation.hashes[mine], train.hashes[theirs]).any(1) & ~identical
    within = _near(train.hashes[theirs], train.hashes[theirs])
    np.fill_diagonal(within, False)
    known = np.asarray([labels[r] if labels[r] is not None else -1 for r in theirs])
    other = within & (known[:, None] != known[None, :])
    whole = (length or len(theirs)) <= len(theirs)
    return {
        "compared": len(mine),
        "among": len(theirs),
        "complete": whole,
        "identical": int(identical.sum()),
        "near": int(near.sum()),
        "near_other_label": float(other.any(1).mean()),
        "near_within": float(within.any(1).mean()),
        "expected_share": float(identical.mean()) * (length or len(theirs)) / len(theirs),
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


def _near(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which hashes differ in few bits; a hash of 0 is near nothing."""
    differ = one[:, None] ^ other[None, :]
    bits = np.unpackbits(differ[..., None].view(np.uint8), axis=-1).sum(-1, dtype=np.uint8)
    seen = (one != 0)[:, None] & (other != 0)[None, :]
    return np.asarray((bits <= _NEAR) & seen)


def repeated(measured: Measured) -> tuple[int, int]:
    """(samples identical to an earlier one, different samples)."""
    digests = [measured.digests[row] for row in _usable(measured)]
    return len(digests) - len(set(digests)), len(set(digests))
