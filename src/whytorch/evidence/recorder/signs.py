"""Whether backward starts from the loss, or from what rises where the loss falls."""

from __future__ import annotations

from torch import Tensor

from whytorch.evidence.recorder.sink import finite

_KEPT = 40  # backwards
_FEWEST = 5
_OPPOSITE = -0.999  # the correlation of a - b * loss with the loss, but for what rounding does


class Signs:
    """The values of the one loss before a backward, and of the tensor that this starts from."""

    def __init__(self) -> None:
        self._pairs: list[tuple[float, float]] = []

    def note(self, loss: Tensor, root: Tensor) -> None:
        if len(self._pairs) < _KEPT:
            pair = [finite(t.detach().float().mean().item()) for t in (loss, root)]
            if pair[0] is not None and pair[1] is not None:
                self._pairs.append((pair[0], pair[1]))

    def against(self) -> int:
        """The backwards looked at, if what they started from goes against the loss; else 0."""
        n = len(self._pairs)
        if n < _FEWEST:
            return 0
        means = [sum(p[i] for p in self._pairs) / n for i in (0, 1)]
        away = [(x - means[0], y - means[1]) for x, y in self._pairs]
        spread = (sum(x * x for x, _ in away) * sum(y * y for _, y in away)) ** 0.5
        return n if spread and sum(x * y for x, y in away) / spread < _OPPOSITE else 0
