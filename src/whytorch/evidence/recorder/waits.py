"""How long the script waits for its loaders, against the time it works between two batches."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from torch.utils.data import dataloader
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.patches import Patches, harmless

_KEPT = 400  # batches of each loader, the first ones
_MOST_LOADERS = 20


class Waits:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._ended: WeakIdKeyDictionary[Any, float] = WeakIdKeyDictionary()
        self._of: dict[int, list[tuple[float, float, float]]] = {}  # (wait, work, processor)

    def install(self, patches: Patches) -> None:
        patches.wrap(dataloader._BaseDataLoaderIter, "__next__", self._wrap)

    def _wrap(self, original: Any) -> Any:
        clock, processor = time.perf_counter, time.process_time

        def __next__(iterator: Any) -> Any:
            if not self.recorder.on:
                return original(iterator)
            begun, used = clock(), processor()
            batch = original(iterator)
            self._waited(iterator, begun, clock(), processor() - used)
            return batch

        __next__.__wrapped__ = original  # type: ignore[attr-defined]
        return __next__

    @harmless
    def _waited(self, iterator: Any, begun: float, ended: float, used: float) -> None:
        last = self._ended.get(iterator)
        self._ended[iterator] = ended
        draw = self.recorder.data._draws.get(iterator)
        if last is None or draw is None:  # the first of a pass: workers are starting
            return
        index = draw.loader.index
        if index not in self._of and len(self._of) >= _MOST_LOADERS:
            return
        kept = self._of.setdefault(index, [])
        if len(kept) < _KEPT:
            kept.append((ended - begun, begun - last, used))

    def facts(self) -> list[dict[str, Any]]:
        """As `LoaderWait`."""
        found = []
        for index, kept in self._of.items():
            waited = sum(wait for wait, _, _ in kept)
            found.append(
                {
                    "loader": index,
                    "batches": len(kept),
                    "wait": round(median(w for w, _, _ in kept), 6),
                    "work": round(median(w for _, w, _ in kept), 6),
                    "busy": round(min(1.0, sum(u for *_, u in kept) / waited), 3)
                    if waited
                    else None,
                }
            )
        return found
