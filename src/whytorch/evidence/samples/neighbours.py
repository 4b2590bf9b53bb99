"""Nearest neighbours by pixels: do samples that look alike have the same label?"""

from __future__ import annotations

from typing import Any

import numpy as np

_VOTES = 5
_MOST = 1024
_MOST_CLASSES = 60
ENOUGH = 30


def look_up(
    query: np.ndarray,
    own: list[int | None],
    among: np.ndarray,
    labels: list[int | None],
    indices: list[int],
    leave_out: bool,
) -> dict[str, Any] | None:
    """As `Neighbours`. `leave_out`: both are the same samples in the same order."""
    rows = _usable(query, own)
    columns = _usable(among, labels)
    if len(rows) < ENOUGH or len(columns) < ENOUGH or query.shape[1] != among.shape[1]:
        return None
    mine = np.asarray([own[r] for r in rows])
    theirs = np.asarray([labels[c] for c in columns])
    classes = np.unique(theirs)
    if len(classes) < 2 or len(classes) > max(2, len(columns) // 4):
        return None
    distance = _distances(query[rows], among[columns])
    if leave_out:
        distance[rows[:, None] == columns[None, :]] = np.inf
    votes = min(_VOTES, len(columns) - 1)
    nearest = np.argpartition(distance, votes - 1, axis=1)[:, :votes]
    first = theirs[distance.argmin(1)]
    confusion: dict[str, dict[str, int]] = {}
    for a, b in zip(mine.tolist(), first.tolist(), strict=True):
        if len(classes) <= _MOST_CLASSES:
            row = confusion.setdefault(str(a), {})
            row[str(b)] = row.get(str(b), 0) + 1
    shares = np.asarray([(mine == c).mean() * (theirs == c).mean() for c in classes])
    doubts = _doubts(mine, theirs[nearest], [indices[r] for r in rows])
    return {
        "samples": len(rows),
        "among": len(columns) - leave_out,
        "agreement": float((mine == first).mean()),
        "chance": float(shares.sum()),
        "confusion": confusion,
        "doubts": doubts[:30],
        "doubtful": len(doubts),
    }


def _usable(features: np.ndarray, labels: list[int | None]) -> np.ndarray:
    seen = ~np.isnan(features[:, 0]) & (features.std(1) > 0)
    known = np.asarray([label is not None for label in labels], dtype=bool)
    return np.nonzero(seen & known)[0][:_MOST]


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Squared, in units of each side's own spread: the two may be scaled differently."""
    a, b = _standard(one), _standard(other)
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :]
    return np.asarray(squares - 2 * (a @ b.T))


def _standard(x: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64) - x.mean()
    return np.asarray(x / max(float(x.std()), 1e-12), dtype=np.float32)


def _doubts(own: np.ndarray, votes: np.ndarray, indices: list[int]) -> list[dict[str, int]]:
    """Samples none of whose neighbours has their label while nearly all agree on another."""
    found = []
    for label, row, index in zip(own.tolist(), votes.tolist(), indices, strict=True):
        other = max(set(row), key=row.count)
        agree = row.count(other)
        if label not in row and agree >= len(row) - 1 and len(row) >= 3:
            found.append(
                {
                    "index": index,
                    "label": label,
                    "neighbours": other,
                    "votes": agree,
                    "of": len(row),
                }
            )
    return sorted(found, key=lambda d: -d["votes"])
