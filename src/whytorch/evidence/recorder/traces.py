"""What each layer did at the steps that are looked at closely: the series behind pictures.

Only what other observers have measured anyway is taken down, a bounded number of points for a
bounded number of layers, and nothing is written before the end of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from torch import Tensor

from whytorch.evidence.recorder.patches import Patches
from whytorch.evidence.recorder.sink import number

MOST_POINTS = 60  # of each layer; the schedule of close looks grows, so this spans any run
MOST_LAYERS = 120

Kind = Literal["activation", "silent", "update"]


class Traces:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._points: dict[tuple[int, str, str], list[tuple[int, float | Tensor | None]]] = {}

    def install(self, patches: Patches) -> None:
        """Nothing to patch: other observers call in here."""

    def add(self, kind: Kind, group: int, layer: str, value: float | Tensor | None) -> None:
        """Take down one value of a layer at this step. Of several in one step the first counts; a
        tensor is read at the end, so that no device is waited for."""
        points = self._points.get((group, kind, layer))
        if points is None:
            if len(self._points) >= 3 * MOST_LAYERS:
                return
            points = self._points[group, kind, layer] = []
        step = self.recorder.steps
        if len(points) < MOST_POINTS and not (points and points[-1][0] == step):
            points.append((step, value))

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        main = self.recorder.modules.main_group()
        if not final or main is None:
            return
        for (group, kind, layer), points in self._points.items():
            if group == main.index:
                read = [(step, number(value)) for step, value in points]
                yield "trace", f"{kind} {layer}", {"kind": kind, "layer": layer, "values": read}
