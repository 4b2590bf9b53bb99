"""How one of several processes gets on: what it does by itself between two exchanges of gradients,
and which batches it was given. Host clocks alone: no collective is called, no device waited for."""

from __future__ import annotations

import time
import zlib
from collections import deque
from statistics import median
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.tensors import tensors_in

_KEPT = 400  # steps, the latest ones
_FEWEST = 2
_BATCHES = 64  # of each loader, the first ones: do all processes get the same?
_NUMBERS = 4096  # of a batch's first sample, evenly spaced
_MOST_LOADERS = 20


class Pace:
    """From a step's end to the first call of the network (`data`) and to the latest backward
    (`ahead`), both without the time in collectives; and to the next step's end.

    In DistributedDataParallel the processes meet inside backward: whoever comes late there makes
    the others wait.
    """

    def __init__(self) -> None:
        self._steps: deque[tuple[float, float, float]] = deque(maxlen=_KEPT)
        self._ended: float | None = None
        self._called: float | None = None  # when, less the seconds waited in collectives until then
        self._backward: float | None = None  # the same
        self._waited = 0.0  # in collectives, since the last step's end

    def entering(self) -> None:
        """A network is called, in training."""
        if self._called is None:
            self._called = time.perf_counter() - self._waited

    def backward(self) -> None:
        """A backward begins."""
        self._backward = time.perf_counter() - self._waited

    def exchanged(self, seconds: float) -> None:
        """The script was inside a collective for so long."""
        self._waited += seconds

    def stepped(self) -> None:
        """An optimizer has stepped."""
        now = time.perf_counter()
        last, called, backward = self._ended, self._called, self._backward
        if last is not None and called is not None and backward is not None:
            self._steps.append((now - last, called - last, backward - last))
        self._ended, self._called, self._backward = now, None, None
        self._waited = 0.0

    def facts(self) -> dict[str, Any] | None:
        """As `Pace` of the facts: medians in seconds."""
        if len(self._steps) < _FEWEST:
            return None
        step, data, ahead = (round(median(part), 6) for part in zip(*self._steps, strict=True))
        return {"steps": len(self._steps), "step": step, "data": data, "ahead": ahead}


class Contents:
    """A checksum of the first sample of each loader's first batches, the same in all processes."""

    def __init__(self) -> None:
        self._of: dict[int, list[int]] = {}

    def delivered(self, loader: int, batch: Any) -> None:
        """`batch` as the loader gave it; what lies on a device already is left alone."""
        if loader not in self._of and len(self._of) >= _MOST_LOADERS:
            return
        kept = self._of.setdefault(loader, [])
        first = next(tensors_in(batch), None)
        if len(kept) < _BATCHES and first is not None and (value := _checksum(first)) is not None:
            kept.append(value)

    def facts(self) -> dict[str, list[int]]:
        """Loader -> checksums in the order in which its batches came."""
        return {str(loader): kept for loader, kept in self._of.items() if kept}


def _checksum(batch: Tensor) -> int | None:
    if batch.device.type != "cpu" or batch.layout != torch.strided or batch.is_complex():
        return None
    if batch.ndim < 2 or not batch.numel():
        return None
    sample = batch.detach()[0].reshape(-1)
    few = sample[:: max(1, sample.numel() // _NUMBERS)]
    return zlib.crc32(few.float().contiguous().numpy().tobytes())
