"""In which order scripts are tried, so that any first part is a fair sample."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from accuracy.scripts import Subject


def sample(subjects: list[Subject], seed: str) -> list[Subject]:
    """One of each mistake, then a second of each and so on; among equals the seed decides."""

    def draw(subject: Subject) -> str:
        return hashlib.sha256(f"{seed}\0{subject.name}\0{subject.digest}".encode()).hexdigest()

    by_kind: dict[tuple[str, ...], list[Subject]] = defaultdict(list)
    for subject in sorted(subjects, key=draw):
        kind = subject.planted[:1] if len(subject.planted) < 2 else ("pair",)
        by_kind[kind].append(subject)
    right = by_kind.pop((), [])
    rounds = max((len(v) for v in by_kind.values()), default=0)
    ordered: list[Subject] = []
    for turn in range(max(rounds, 1)):
        ordered += [kind[turn] for _, kind in sorted(by_kind.items()) if turn < len(kind)]
        share = -(-len(right) // max(rounds, 1))  # right scripts spread over all rounds
        ordered += right[turn * share : (turn + 1) * share]
    return ordered
