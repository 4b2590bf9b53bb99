"""What a look at the data needs after the script has ended: its data sets, and some inputs.

Off unless a rehearsal switches it on: a watched run keeps nothing alive and copies nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless

_MOST_SETS = 8
_MOST_LOADERS = 5000
_MOST_SAMPLES = 512  # of each phase of each network
_MOST_BYTES = 4_000_000  # of each of these
_MOST_KINDS = 6


class Inputs:
    """Samples that entered one network in one phase, with their labels where known."""

    def __init__(self, place: Any) -> None:
        self.place = place
        self.tensors: list[Tensor] = []
        self.labels: list[Tensor | None] = []
        self.samples = 0
        self.bytes = 0
        self.seen = 0
        self._known: set[int] = set()

    def full(self) -> bool:
        return self.samples >= _MOST_SAMPLES or self.bytes >= _MOST_BYTES

    def add(self, x: Tensor, labels: Tensor | None, content: list[int]) -> None:
        room = _MOST_SAMPLES - self.samples
        row = x[0].numel() * x.element_size()
        room = min(room, max(0, _MOST_BYTES - self.bytes) // max(1, row))
        new = [i for i, c in enumerate(content[: x.shape[0]]) if c not in self._known]
        if not new or not room:
            self.bytes = self.bytes if room else _MOST_BYTES
            return
        step = -(-len(new) // room)
        new = new[::step]
        self._known.update(content[i] for i in new)
        taken = torch.as_tensor(new, device=x.device)
        self.tensors.append(x.index_select(0, taken).cpu())
        fits = labels is not None and labels.ndim == 1 and labels.shape[0] == x.shape[0]
        own = (
            labels.index_select(0, taken.to(labels.device)) if fits and labels is not None else None
        )
        self.labels.append(own.cpu() if own is not None else None)
        self.samples += len(new)
        self.bytes += row * len(new)


class Keeps:
    """`on` is set by a rehearsal. `sets`: (what the recorder knows of the loader, its data set)."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.on = False
        self.sets: list[tuple[Any, Any, Any]] = []  # (known, data set, sampler)
        self.loaders: list[Any] = []  # what the recorder knows of each, of those let go as well
        self.inputs: dict[tuple[int, str], Inputs] = {}  # (network group, phase)

    def install(self, patches: Patches) -> None:
        """Nothing to patch: other observers call in here."""

    @harmless
    def dataset(self, known: Any, loader: Any) -> None:
        """A loader is iterated for the first time. Of many, the first and the latest are kept."""
        if not self.on:
            return
        if len(self.loaders) < _MOST_LOADERS:
            self.loaders.append(known)
        if len(self.sets) >= _MOST_SETS:
            del self.sets[_MOST_SETS // 2]
        self.sets.append((known, loader.dataset, getattr(loader, "sampler", None)))

    @harmless
    @torch.no_grad()
    def batch(self, call: Call, phase: str) -> None:
        """A call of a network, its phase known: keep some of its samples."""
        x = call.input
        if not self.on or x is None or x.ndim < 2 or not x.numel() or x.is_sparse or x.is_complex():
            return
        key = (call.group.index, phase)
        kept = self.inputs.get(key)
        if kept is None:
            if len(self.inputs) >= _MOST_KINDS:
                return
            kept = self.inputs[key] = Inputs(call.place)
        kept.seen += x.shape[0]
        if not kept.full():
            kept.add(x.detach(), call.labels, call.content)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        """Nothing of it goes into the record as it is."""
        return iter(())
