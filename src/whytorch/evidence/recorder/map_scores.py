"""Classes given to each pixel of an evaluation, set against the true ones: overlaps, and the ways
in which they may be averaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

_MOST_CLASSES = 64
_MOST_NUMBERS = 20_000_000  # scores of one batch
# From where on these losses' input says yes.
_OF_MASKS = {"binary_cross_entropy": 0.5, "binary_cross_entropy_with_logits": 0.0}
_MOST_IN_TRAINING = 2_000_000  # of a batch that is trained on: there are many


class MapScores:
    """Counts over the batches of one pass."""

    def __init__(self) -> None:
        self.samples = 0
        self._confusion: Tensor | None = None  # [true, predicted]
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._groups: defaultdict[str, int] = defaultdict(int)

    def add(self, confusions: Tensor) -> None:
        """Take in a batch: [image, true, predicted] pixels."""
        whole = confusions.sum(0)
        if self._confusion is not None and self._confusion.shape != whole.shape:
            return
        self._confusion = whole if self._confusion is None else self._confusion + whole
        self.samples += len(confusions)
        self._take("image", confusions)
        self._take("batch", whole[None])

    def _take(self, group: str, confusions: Tensor) -> None:
        for name, values in averages(confusions.double()):
            known = values[~values.isnan()]
            self._sums[f"{group} {name}"] += float(known.sum())
            self._groups[f"{group} {name}"] += len(known)

    def facts(self, samples: int) -> dict[str, Any] | None:
        """As `MapScoresFacts`, where every sample of the pass was seen."""
        if self._confusion is None or self.samples != samples:
            return None
        means = {k: v / self._groups[k] for k, v in self._sums.items() if self._groups[k]}
        for name, values in averages(self._confusion.double()[None]):
            if not bool(values.isnan().any()):
                means[f"whole {name}"] = float(values[0])
        return {"confusion": self._confusion.tolist(), "means": means}


def averages(confusions: Tensor) -> Iterator[tuple[str, Tensor]]:
    """(name, a value for each group of pixels): the mean overlap of the classes. A class that is
    neither there nor predicted is left out ("there"), or counts as 1 or as 0; "labelled" are those
    that are there. "no ground" leaves class 0 out."""
    right = confusions.diagonal(dim1=1, dim2=2)
    true, said = confusions.sum(2), confusions.sum(1)
    union = true + said - right
    overlap = right / union.clamp(min=1)
    for ending, first in (("", 0), (" no ground", 1)):
        o, u, t = overlap[:, first:], union[:, first:] > 0, true[:, first:] > 0
        yield "there" + ending, (o * u).sum(1) / u.sum(1)
        yield "labelled" + ending, (o * t).sum(1) / t.sum(1)
        yield "as 1" + ending, torch.where(u, o, 1.0).mean(1)
        yield "as 0" + ending, torch.where(u, o, 0.0).mean(1)
    yield "weighted", (overlap * true).sum(1) / true.sum(1)
    yield "pixels", right.sum(1) / true.sum(1)
    yield "pooled", right.sum(1) / union.sum(1)
    ground = confusions[:, 0, 0]
    yield "any object", confusions[:, 1:, 1:].sum((1, 2)) / (true.sum(1) - ground)
    number = torch.arange(confusions.shape[1], device=confusions.device)
    a, b = number[:, None], number[None, :]
    yield "bits", (confusions * (a & b)).sum((1, 2)) / (confusions * (a | b)).sum((1, 2))
    both = (confusions * (a * b)).sum((1, 2))
    yield "products", both / ((confusions * (a + b)).sum((1, 2)) - both)


@torch.no_grad()
def overlap_of(function: str, given: Tensor, target: Tensor) -> tuple[int, ...] | None:
    """(all pixels, those of the masks, predicted ones, in both) of masks of zeros and ones; None
    where the target is no such mask, or large."""
    if (
        function not in _OF_MASKS
        or given.ndim < 3
        or given.shape != target.shape
        or not 0 < given.numel() <= _MOST_IN_TRAINING
    ):
        return None
    true = target.detach() == 1
    if not bool((true | (target.detach() == 0)).all()):
        return None
    said = given.detach() > _OF_MASKS[function]
    return true.numel(), int(true.sum()), int(said.sum()), int((true & said).sum())


@torch.no_grad()
def confusions_of(scores: Tensor, target: Tensor) -> Tensor | None:
    """[image, true, predicted] pixels of scores [N, C, ...] and classes [N, ...]; pixels that name
    no class are left out."""
    if scores.ndim < 3 or not 2 <= scores.shape[1] <= _MOST_CLASSES:
        return None
    if target.ndim == scores.ndim and target.shape[1] == 1:
        target = target.squeeze(1)
    classes, shape = scores.shape[1], (scores.shape[0], *scores.shape[2:])
    if target.shape != shape or target.is_floating_point() or target.dtype == torch.bool:
        return None
    if not 0 < scores.numel() <= _MOST_NUMBERS:
        return None
    said = scores.detach().argmax(1).reshape(len(scores), -1)
    true = target.detach().reshape(len(scores), -1).to(said)
    image = torch.arange(len(scores), device=said.device)[:, None].expand_as(said)
    known = (true >= 0) & (true < classes)
    places = ((image * classes + true) * classes + said)[known]
    counts = torch.bincount(places, minlength=len(scores) * classes**2)
    return counts.reshape(len(scores), classes, classes)
