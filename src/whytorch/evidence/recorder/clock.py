"""When to look closely: densely at first, then ever more sparsely, always at the same steps.

The schedule depends on counts, not on time, so two runs of one script look at the same steps.
"""

from __future__ import annotations

DENSE = 6
GROWTH = 1.3


class Schedule:
    """Says for the n-th event (from 0) whether to look closely at it."""

    def __init__(self, dense: int = DENSE, growth: float = GROWTH, after: int = -1) -> None:
        self._dense = dense
        self._growth = growth
        self._next = after + 1  # event `after` was looked at already

    def due(self, n: int) -> bool:
        """True for n = 0 .. dense-1, then at gaps that grow geometrically."""
        if n < self._next:
            return False
        self._next = n + 1 if n + 1 < self._dense else int((n + 1) * self._growth) + 1
        return True
