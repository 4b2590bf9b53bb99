"""Answers to many yes/no questions a sample, set against the true ones in an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

_LOSSES = ("binary_cross_entropy", "binary_cross_entropy_with_logits",
           "multilabel_soft_margin_loss")  # fmt: skip
_MOST_TAGS = 200
_MOST_NUMBERS = 10_000_000


class Tags:
    """Counts of the latest evaluation, pooled over the comparisons of one line."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.wanted = 0  # questions a sample, as the training loss has them; 0: another task
        self._key: tuple[Any, ...] = ()
        self._place: Any = None
        self._after = -1
        self._inside = False
        self._ones = self._asked = 0  # of the targets trained on
        self._samples = self._equal = 0
        self._counts: Tensor | None = None  # [tag]: true, said, both

    def install(self, patches: Patches) -> None:
        """Comparisons calls it, where `==` is hooked already."""

    @harmless
    def trained_on(self, function: str, target: Tensor, given: Tensor) -> None:
        """Targets [N, K] of 0 and 1 of which not each row has one 1."""
        if function not in _LOSSES or not given.requires_grad:
            return
        if target.ndim != 2 or not 2 <= target.shape[1] <= _MOST_TAGS or len(target) < 2:
            return
        if not _zeros_and_ones(target):
            return
        if not self.wanted and not bool((target.sum(1) == 1).all()):
            self.wanted = target.shape[1]
        self._ones += int(target.sum())
        self._asked += target.numel()

    @harmless
    @torch.no_grad()
    def compared(self, one: Any, other: Any) -> None:
        latest = self.recorder.phases.latest
        if latest is None or latest.grad:
            return
        if self._inside:  # what is compared here
            return
        self._inside = True
        try:
            self._count(one, other)
        finally:
            self._inside = False

    def _count(self, one: Any, other: Any) -> None:
        for x in (one, other):
            if not isinstance(x, Tensor) or x.ndim != 2 or x.shape[1] != self.wanted:
                return
        if one.shape != other.shape or one.numel() > _MOST_NUMBERS:
            return
        if not (_zeros_and_ones(one) and _zeros_and_ones(other)):
            return
        place = here()
        key = (place and place["path"], place and place["line"], self.recorder.steps)
        if key != self._key:
            self._key, self._place, self._counts = key, place, None
            self._samples = self._equal = 0
        self._after = self.recorder.phases.latest_pass
        a, b = one.detach().bool().cpu(), other.detach().bool().cpu()
        counts = torch.stack([a.sum(0), b.sum(0), (a & b).sum(0)])
        self._counts = counts if self._counts is None else self._counts + counts
        self._samples += len(a)
        self._equal += int((a == b).sum())

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if self._counts is not None:
            first, second, both = self._counts.tolist()
            yield "tags", "", {
                "place": self._place, "after_pass": self._after, "samples": self._samples,
                "equal": self._equal, "sides": [first, second], "both": both,
                "trained_share": self._ones / max(1, self._asked),
            }  # fmt: skip


def _zeros_and_ones(x: Tensor) -> bool:
    return bool(((x == 0) | (x == 1)).all())
