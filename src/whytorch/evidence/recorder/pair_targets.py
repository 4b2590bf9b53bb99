"""What losses of pairs are asked for: 1 or -1, of which they read nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.clock import Schedule

PAIR_LOSSES = ("cosine_embedding_loss", "margin_ranking_loss")  # of two inputs
SIGNED = (*PAIR_LOSSES, "hinge_embedding_loss", "soft_margin_loss")
_MOST = 8  # lines


class PairTargets:
    """Filled by the losses."""

    def __init__(self) -> None:
        self._found: dict[Any, dict[str, Any]] = {}
        self._schedules: dict[Any, Schedule] = {}

    @torch.no_grad()
    def given(self, name: str, target: Any, place: Any, made: Any) -> None:
        if not isinstance(target, Tensor) or not target.numel():
            return
        key = (name, place and place["path"], place and place["line"])
        if key not in self._found and len(self._found) >= _MOST:
            return
        one = self._found.setdefault(
            key,
            {"function": name, "place": place, "made_place": made, "calls": 0, "numbers": 0,
             "zeros": 0, "ones": 0},
        )  # fmt: skip
        schedule = self._schedules.setdefault(key, Schedule(dense=12))
        one["calls"] += 1
        if not schedule.due(one["calls"] - 1):
            return
        one["numbers"] += target.numel()
        one["zeros"] += int((target == 0).sum())
        one["ones"] += int((target == 1).sum())

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        for number, found in enumerate(self._found.values()):
            yield "pair_target", str(number), dict(found)
