"""Recurrent and attention layers inside a network: do they run over the steps of each sample, or
over the samples of the batch?"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import harmless

_KINDS = (nn.RNNBase, nn.MultiheadAttention)


class Sequences:
    """Which dimension holds the samples is known where a network is given [N, ...] and gives
    [N, outputs]; which one a layer takes for them, from its batch_first."""

    def __init__(self) -> None:
        self._inside: tuple[int, list[tuple[dict[str, Any], bool, int, int]]] = (-1, [])

    def called(self, call: Call, module: nn.Module, given: Tensor, facts: dict[str, Any]) -> None:
        if not isinstance(module, _KINDS) or given.ndim != 3:
            return
        if self._inside[0] != id(call):
            self._inside = (id(call), [])
        first, second = int(given.shape[0]), int(given.shape[1])
        self._inside[1].append((facts, bool(module.batch_first), first, second))

    @harmless
    def left(self, call: Call) -> None:
        """The root call is over."""
        number, inside = self._inside
        if number != id(call):
            return
        self._inside = (-1, [])
        out, samples = next(iter(call.outputs), None), call.samples
        if out is None or out.ndim != 2 or out.shape[0] != samples or samples < 2:
            return
        for facts, batch_first, first, second in inside:
            steps, taken = (second, first) if batch_first else (first, second)
            # [N * parts, ...]: the samples are there, each in several pieces
            over = steps == samples and taken % samples != 0 and taken > 1
            facts["sequences"] = facts.get("sequences", 0) + 1
            facts["over_samples"] = facts.get("over_samples", 0) + over
