"""F1, precision and recall of single batches, whose mean may be taken for those of the data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

MEASURES = ("f1", "precision", "recall")


class BatchScores:
    """Sums over the batches of a pass, each batch counting once or as often as it has samples."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, float] = defaultdict(float)
        self.batches = self.samples = 0

    def add(self, pairs: Mapping[tuple[int, int], int]) -> None:
        """Take one batch in: how often (label, prediction) came."""
        n = sum(pairs.values())
        self.batches += 1
        self.samples += n
        for name, value in scores_of(pairs).items():
            self._sums[name] += value
            self._sums[name + " by samples"] += value * n

    def facts(self) -> dict[str, float] | None:
        """{"f1 macro": mean over batches, "f1 macro by samples": weighted by their sizes, ...}"""
        if self.batches < 2:
            return None
        by = {True: self.samples, False: self.batches}
        return {name: v / by[name.endswith("samples")] for name, v in self._sums.items()}


def scores_of(pairs: Mapping[tuple[int, int], int]) -> dict[str, float]:
    """As scikit-learn has them: over the classes that occur, 0 where nothing is to divide by;
    "macro", "weighted" by support, and "binary", of class 1 alone."""
    true, named, right = Counter[int](), Counter[int](), Counter[int]()
    for (label, predicted), n in pairs.items():
        true[label] += n
        named[predicted] += n
        if label == predicted:
            right[label] += n
    found: defaultdict[str, float] = defaultdict(float)
    classes, total = set(true) | set(named), sum(true.values())
    for one in classes:
        values = (
            2 * right[one] / (true[one] + named[one]),
            right[one] / named[one] if named[one] else 0.0,
            right[one] / true[one] if true[one] else 0.0,
        )
        for name, value in zip(MEASURES, values, strict=True):
            found[name + " macro"] += value / len(classes)
            found[name + " weighted"] += value * true[one] / total
            if one == 1:
                found[name + " binary"] += value
    return dict(found)
