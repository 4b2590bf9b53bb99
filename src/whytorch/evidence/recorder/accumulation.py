"""Backwards between two optimizer steps: on how many batches, and what each starts from."""

from __future__ import annotations

from statistics import median
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.optimizers import _has_gradient
from whytorch.evidence.recorder.patches import harmless
from whytorch.evidence.recorder.places import here

_DENSE = 200  # backwards looked at one by one, then every eighth
_ENOUGH = 1000
_MOST_RATIOS = 400


class Accumulation:
    def __init__(self, recorder: Any, scaling: Any) -> None:
        self.recorder = recorder
        self._scaling = scaling
        self._place: Any = None
        self._keys: list[Any] = []  # the batches since the last step
        self._mixed = False  # backwards from several lines
        self._per_step: dict[int, int] = {}
        self._ratios: list[float] = []
        self._discarded = 0
        self._looked_at = 0
        self._bare: bool | None = None  # the latest backward found no gradient; None: not looked
        self._ends = self._bare_ends = 0
        self._over = False

    @harmless
    def before_backward(self, root: Tensor) -> None:
        recorder = self.recorder
        if self._over:
            return
        place = here()
        if self._keys and place != self._place:
            self._mixed = True
        key = self._batch()
        new = key is not None and key not in self._keys
        due = recorder.backwards < _DENSE or recorder.backwards % 8 == 0
        if due:
            self._compare(root)
        self._bare = None
        if self._keys and new and due and not self._mixed:
            self._looked_at += 1
            states = recorder.optimizers._states.items()
            self._bare = not any(
                _has_gradient(recorder.optimizers._probes(optimizer)) for optimizer, _ in states
            )
            self._discarded += self._bare
        if new or not self._keys:
            self._keys.append(key)
        self._place = place

    def _batch(self) -> Any:
        """What tells the batch in use from others."""
        serial = self.recorder.data.batch_serial
        if serial is not None:
            return serial
        latest = self.recorder.phases.latest
        return hash(tuple(latest.content[:4])) if latest is not None and latest.content else None

    def _compare(self, root: Tensor) -> None:
        losses = self.recorder.losses
        value = losses.last_value
        if losses.calls_since_backward != 1 or value is None or value.numel() != 1:
            return
        if root.numel() != 1 or len(self._ratios) >= _MOST_RATIOS:
            return
        start = self._scaling.unscaled(root)
        of = float(value.float().item())
        if abs(of) > 1e-6:
            self._ratios.append(float(start) / of)

    @harmless
    def stepped(self) -> None:
        if self._over:
            return
        if self._keys and not self._mixed and None not in self._keys:
            count = len(self._keys)
            self._per_step[count] = self._per_step.get(count, 0) + 1
            if self._bare is not None:
                self._ends += 1
                self._bare_ends += self._bare
        self._bare = None
        self._keys, self._mixed = [], False
        # Who has not accumulated in a thousand backwards is not going to.
        self._over = self.recorder.backwards > _ENOUGH and set(self._per_step) <= {1}

    def rests(self) -> None:
        """Of the step at which somebody looks again, the beginning may be missing."""
        self._keys, self._mixed = [], True

    def facts(self) -> dict[str, Any]:
        """As `MicroBatches`."""
        ratios = sorted(self._ratios)
        tenth = len(ratios) // 10
        return {
            "place": self._place,
            "per_step": {str(k): v for k, v in sorted(self._per_step.items())[:50]},
            "discarded": self._discarded,
            "looked_at": self._looked_at,
            "ends": self._ends,
            "bare_ends": self._bare_ends,
            "ratio": median(ratios) if ratios else None,
            "ratio_spread": ratios[-1 - tenth] - ratios[tenth] if ratios else None,
            "after_last_step": len(self._keys),
        }
