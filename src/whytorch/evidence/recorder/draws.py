"""What is known about a DataLoader, and about each pass over it."""

from __future__ import annotations

from collections import deque
from typing import Any

from whytorch.evidence.recorder import datasets

_DRAWS = 3  # of a loader, of which indices and labels are kept


class Loader:
    """What is known about one DataLoader."""

    def __init__(self, index: int, loader: Any, place: Any) -> None:
        self.index = index
        self.place = place
        self.phases: set[str] = set()
        self.trained: set[int] = set()  # numbers of the networks trained on it
        self.evaluated: set[int] = set()
        self.passes = 0
        self.draws: list[dict[str, Any]] = []
        self.latest: Draw | None = None
        self.facts: dict[str, Any] = {}
        self.universe: datasets.Universe | None = None
        self.length: int | None = None
        self.described = False


class Draw:
    """One iterator over a loader."""

    def __init__(self, loader: Loader, serial: int) -> None:
        self.loader = loader
        self.serial = serial
        self.waiting: deque[list[int]] = deque()  # index batches fetched but not yet delivered
        self.batches = 0
        self.shortened = False
        self.unseen = False  # some batches were delivered while the recorder was at rest
        self.lapse: Any = None  # the time-lapse's own note
        self.facts: dict[str, Any] = {
            "indices": [], "labels": [], "batch_sizes": [], "complete": False,
        }  # fmt: skip
        if len(loader.draws) < _DRAWS:
            loader.draws.append(self.facts)

    def followed(self) -> None:
        """Another pass begins. Who goes by the loader's length (Lightning) never asks this one for
        more than it has."""
        if self.batches and self.batches == self.loader.facts.get("batches"):
            self.over()

    def over(self) -> None:
        """It has delivered its last batch."""
        self.facts["complete"] = not self.shortened and not self.unseen
