"""ReLU activations: which units never fire, at the start and over the latest samples."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from whytorch.evidence.recorder.calls import watch_calls
from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import place_of, user_frame
from whytorch.evidence.recorder.tensors import some

WINDOW = 256  # samples over which a unit must stay silent to count as dead


class _Relu:
    def __init__(self, name: str, place: dict[str, Any] | None) -> None:
        self.name = name
        self.place = place
        self.units = 0
        self.start: Tensor | None = None  # per unit: fired before the first step
        self.start_samples = 0
        self.now: Tensor | None = None
        self.now_samples = 0
        self.last: tuple[int, int] | None = None  # (dead, samples) of the last whole window


def _fired(output: Tensor) -> Tensor:
    """Per unit (dimension 1): did it fire on any of a few samples?"""
    x = some(output.detach(), 64)
    return x.amax([d for d in range(x.ndim) if d != 1]) > 0


class Relus:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._seen: dict[tuple[int, str], _Relu] = {}
        self._order = 0

    def install(self, patches: Patches) -> None:
        for owner, name in (
            (F, "relu"), (F, "relu_"), (torch, "relu"), (torch, "relu_"),
            (torch.Tensor, "relu"), (torch.Tensor, "relu_"), (F, "relu6"),
        ):  # fmt: skip
            patches.wrap(owner, name, watch_calls(self.recorder, self._note), idle=True)

    def begin(self, call: Call) -> None:
        self._order = 0

    @harmless
    def _note(self, call: Call, output: Tensor) -> None:
        if output.ndim < 2 or not output.numel():
            return
        self._order += 1
        frame = user_frame(sys._getframe(2))
        name = f"ReLU #{self._order}"
        relu = self._seen.get((call.group.index, name))
        if relu is None:
            relu = self._seen[call.group.index, name] = _Relu(name, place_of(frame))
        fired = _fired(output)
        relu.units = int(fired.numel())
        if call.grad:
            silent = (~fired).float().mean()
            self.recorder.traces.add("silent", call.group.index, name, silent)
        samples = min(64, int(output.shape[0]))
        if self.recorder.steps == 0:
            same = relu.start is not None and relu.start.shape == fired.shape
            relu.start = relu.start | fired if same and relu.start is not None else fired
            relu.start_samples += samples
        same = relu.now is not None and relu.now.shape == fired.shape
        relu.now = relu.now | fired if same and relu.now is not None else fired
        relu.now_samples += samples
        if relu.now_samples >= WINDOW:
            relu.last = (int((~relu.now).sum().item()), relu.now_samples)
            relu.now, relu.now_samples = None, 0

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        for (index, name), relu in self._seen.items():
            if group is None or index != group.index:
                continue
            end = relu.last
            if end is None and relu.now is not None:
                end = (int((~relu.now).sum().item()), relu.now_samples)
            dead = int((~relu.start).sum().item()) if relu.start is not None else None
            yield (
                "relu",
                name,
                {
                    "name": name,
                    "place": relu.place,
                    "units": relu.units,
                    "dead_at_start": dead,
                    "samples_at_start": relu.start_samples,
                    "dead_at_end": end[0] if end else None,
                    "samples_at_end": end[1] if end else 0,
                },
            )
