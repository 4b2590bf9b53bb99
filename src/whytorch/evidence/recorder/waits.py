"""How long the script waits for its loaders, against the time it works between two batches."""

from __future__ import annotations

import math
import os
import threading
import time
from statistics import median
from typing import Any

from torch.utils.data import dataloader
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.patches import Patches, harmless

_KEPT = 400  # batches of each loader, the first ones (or sets of them, see _Fetched)
_MOST_LOADERS = 20


class _Processor:
    """Seconds that this thread computed or stood ready to: the rest of the time it was idle."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._thread = -1

    def seconds(self) -> float | None:
        """None where the system does not tell."""
        try:
            thread = threading.get_native_id()
            if thread != self._thread or self._file is None:
                self._file = os.open(f"/proc/self/task/{thread}/schedstat", os.O_RDONLY)
                self._thread = thread
            computing, ready, *_ = os.pread(self._file, 100, 0).split()
            return (int(computing) + int(ready)) / 1e9
        except (OSError, ValueError):
            return None


class _Fetched:
    """Batches that were asked for between two backwards: loops over accumulated gradients may ask
    for all of them at once, and work then. In seconds, over all of them."""

    __slots__ = ("backwards", "batches", "used", "wait", "work")

    def __init__(self, backwards: int) -> None:
        self.backwards = backwards
        self.batches = 0
        self.wait = self.work = self.used = 0.0

    def add(self, wait: float, work: float, used: float) -> None:
        self.batches += 1
        self.wait, self.work, self.used = self.wait + wait, self.work + work, self.used + used


class Waits:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._processor = _Processor()
        self._ended: WeakIdKeyDictionary[Any, float] = WeakIdKeyDictionary()
        self._of: dict[int, list[_Fetched]] = {}

    def install(self, patches: Patches) -> None:
        patches.wrap(dataloader._BaseDataLoaderIter, "__next__", self._wrap, idle=True)

    def _wrap(self, original: Any) -> Any:
        clock, processor = time.perf_counter, self._used

        def __next__(iterator: Any) -> Any:
            if not self.recorder.awake:
                return original(iterator)
            begun, used = clock(), processor()
            batch = original(iterator)
            self._waited(iterator, begun, clock(), used, processor())
            return batch

        __next__.__wrapped__ = original  # type: ignore[attr-defined]
        return __next__

    @harmless
    def _used(self) -> float | None:
        return self._processor.seconds()

    @harmless
    def _waited(
        self, iterator: Any, begun: float, ended: float, before: float | None, after: float | None
    ) -> None:
        last = self._ended.get(iterator)
        self._ended[iterator] = ended
        draw = self.recorder.data._draws.get(iterator)
        if last is None or draw is None:  # the first of a pass: workers are starting
            return
        index = draw.loader.index
        if index not in self._of and len(self._of) >= _MOST_LOADERS:
            return
        kept, backwards = self._of.setdefault(index, []), self.recorder.backwards
        if not kept or kept[-1].backwards != backwards:
            if len(kept) >= _KEPT:
                return
            kept.append(_Fetched(backwards))
        used = math.nan if before is None or after is None else after - before
        kept[-1].add(ended - begun, begun - last, used)

    def rests(self) -> None:
        """The time until the next batch that is looked at is not that of one batch."""
        self._ended.clear()

    def facts(self) -> list[dict[str, Any]]:
        """As `LoaderWait`."""
        found = []
        for index, kept in self._of.items():
            waited = sum(x.wait for x in kept)
            used = sum(x.used for x in kept)
            busy = min(1.0, used / waited) if waited and not math.isnan(used) else None
            found.append(
                {
                    "loader": index,
                    "batches": sum(x.batches for x in kept),
                    "wait": round(median(x.wait / x.batches for x in kept), 6),
                    "work": round(median(x.work / x.batches for x in kept), 6),
                    "busy": busy,
                }
            )
        return found
