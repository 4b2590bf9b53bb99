"""Processes that the script starts to work in: `mp.spawn`, one for each device, Hogwild.

What runs in them is not seen: where the training happens there, the script still trained.
"""

from __future__ import annotations

import multiprocessing.process
from collections.abc import Iterator
from typing import Any

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

# Loader workers, managers, pools and trackers: they serve the process that trains.
_SERVANTS = ("torch.utils.data", "multiprocessing", "concurrent.futures")


class Processes:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.first: Any = None  # where the first of them was started

    def install(self, patches: Patches) -> None:
        patches.wrap(multiprocessing.process.BaseProcess, "start", self._wrap)

    def _wrap(self, original: Any) -> Any:
        def start(process: Any, *args: Any, **kwargs: Any) -> Any:
            if self.recorder.on:
                self._starting(process)  # before, since a process forgets what it is to do
            return original(process, *args, **kwargs)

        start.__wrapped__ = original  # type: ignore[attr-defined]
        return start

    @harmless
    def _starting(self, process: Any) -> None:
        if self.first is not None:
            return
        target = getattr(process, "_target", None)
        module = str(getattr(target or type(process), "__module__", ""))
        if not module.startswith(_SERVANTS):
            self.first = here()

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if self.first is not None:
            yield "processes", "", {"place": self.first}
