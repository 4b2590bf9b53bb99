"""Sigmoid and tanh activations: how much of their output lies where the slope has gone."""

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

FLAT = 0.02  # distance from the limit; the slope there is below a tenth of its largest value


class Saturation:
    """The share of saturated outputs of each sigmoid or tanh, at the start and at the last look."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._seen: dict[tuple[int, str], dict[str, Any]] = {}
        self._order = 0

    def install(self, patches: Patches) -> None:
        for owner in (torch, torch.Tensor, F):
            for name in ("sigmoid", "tanh", "sigmoid_", "tanh_"):
                if hasattr(owner, name):
                    note = self._note_tanh if "tanh" in name else self._note_sigmoid
                    patches.wrap(owner, name, watch_calls(self.recorder, note), idle=True)

    def begin(self, call: Call) -> None:
        self._order = 0

    @harmless
    def _note_sigmoid(self, call: Call, output: Tensor) -> None:
        self._note(call, "sigmoid", output, lambda x: (x < FLAT) | (x > 1 - FLAT))

    @harmless
    def _note_tanh(self, call: Call, output: Tensor) -> None:
        self._note(call, "tanh", output, lambda x: x.abs() > 1 - FLAT)

    def _note(self, call: Call, function: str, output: Tensor, flat: Any) -> None:
        if output.ndim < 2 or not output.numel():
            return
        self._order += 1
        name = f"{function} #{self._order}"
        share = flat(some(output.detach(), 16)).float().mean().item()
        known = self._seen.setdefault(
            (call.group.index, name),
            {
                "name": name,
                "function": function,
                "place": place_of(user_frame(sys._getframe(3))),
                "share_at_start": share,
            },
        )
        known["share_at_end"] = share

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        for (index, name), facts in self._seen.items():
            if group is not None and index == group.index:
                yield "saturation", name, facts
