"""Some batches as their loader gave them, beside what then entered the network: what a script does
to images and labels in its own loop. Compared only after the script has ended (`samples/handed`).

Off unless a rehearsal switches it on: copies are made, for the loop may change a batch in place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.batches import find_labels
from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.tensors import tensors_in

_ROWS = 128  # of a batch, of which a sketch is kept
_NUMBERS = 256  # of each of these
_WHOLE = 8  # images of a batch that are kept whole
_MOST_NUMBERS = 300_000  # of these, of one batch
_DENSE = 8  # batches of a loader, before the schedule thins out
_MOST = 16  # batches of each phase of each network
_MOST_KINDS = 6
_RECENT = 3  # loaders that fetch ahead are one batch further


class Part:
    """Of one batch: numbers of its rows, some images whole, and the labels."""

    def __init__(self, images: Tensor, labels: list[Tensor]) -> None:
        n = images.shape[0]
        step = max(1, -(-n // _WHOLE), -(-images.numel() // _MOST_NUMBERS))
        rows = images.detach()[:_ROWS].flatten(1)
        self.samples = n
        self.sketch = rows[:, :: max(1, rows.shape[1] // _NUMBERS)].float().cpu().clone()
        self.positions = list(range(0, n, step))
        self.whole = images.detach()[::step].float().cpu().clone()
        self.labels = [x.detach()[:_ROWS].cpu().clone() for x in labels]


class Handed:
    """`pairs`: (network group, phase) -> [(batches it may have been, what entered), ...]."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.pairs: dict[tuple[int, str], list[tuple[list[Part], Part]]] = {}
        self._schedules: dict[int, tuple[Schedule, int]] = {}
        self._recent: deque[tuple[tuple[int, int, int], Part]] = deque(maxlen=_RECENT)

    def install(self, patches: Patches) -> None:
        """Asked by the data and the phases."""

    @harmless
    @torch.no_grad()
    def delivered(self, serial: tuple[int, int, int], batch: Any) -> None:
        """A loader's batch, before the script may change it in place."""
        if not self.recorder.keeps.on:
            return
        schedule, seen = self._schedules.get(serial[0], (Schedule(dense=_DENSE), 0))
        self._schedules[serial[0]] = schedule, seen + 1
        images = next(tensors_in(batch), None)
        if schedule.due(seen) and _are_images(images):
            self._recent.append((serial, Part(images, _labels_of(batch, images))))

    @harmless
    @torch.no_grad()
    def entered(self, call: Call, phase: str) -> None:
        """A call of a network, its phase known."""
        if not self._recent or call.batch is None or not _are_images(call.input):
            return
        recent = dict(self._recent)
        loader, turn, number = call.batch
        # Where the loop changed the images, `batch` is the latest that was delivered; a loader that
        # fetches ahead had delivered this one before.
        before = recent.get((loader, turn, number - 1))
        near = [recent[call.batch]] if call.batch in recent else []
        near += [before] if near and before is not None else []
        key = (call.group.index, phase)
        if not near or (key not in self.pairs and len(self.pairs) >= _MOST_KINDS):
            return
        kept = self.pairs.setdefault(key, [])
        if len(kept) < _MOST:
            kept.append((near, Part(call.input, call.targets)))

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        """Nothing of it goes into the record as it is."""
        return iter(())


def _labels_of(batch: Any, images: Tensor) -> list[Tensor]:
    """Class indices [B], or else the one tensor beside the images that a loss may ask for."""
    labels = find_labels(batch)
    if labels is not None:
        return [labels]
    others = [t for t in tensors_in(batch) if t is not images and t.ndim in (1, 2)]
    others = [t for t in others if len(t) == len(images)]
    return others if len(others) == 1 else []


def _are_images(x: Tensor | None) -> bool:
    if x is None or x.ndim < 2 or x.shape[0] < 2 or x.is_complex() or x.is_sparse:
        return False
    return x[0].numel() >= 48
