"""Training samples drawn anew from the script's own data sets: as it draws them, and as stored.

Drawn samples stand for recorded ones only where they enter the network as they are: of the same
shape, with the same classes, and with the statistics of the recorded batches. Stored images are
brought to the size and to the channels' mean and spread of the drawn ones.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.lab import looks
from whytorch.evidence.lab.bench import Bench
from whytorch.evidence.lab.looks import Samples
from whytorch.evidence.recorder import datasets
from whytorch.evidence.samples.draw import Drawn, Source, draw, order
from whytorch.evidence.samples.redraw import difference

_ALIKE = 0.25  # deviations by which the means of drawn and recorded images may differ
_RANDOM = 1e-4  # deviations of the pixels, as samples/redraw.py


@dataclass(frozen=True)
class Draws:
    """`samples` as the script draws them; `indices` into its data set; `stored`: [N, ...] in the
    form of `samples.x`, None where what is stored cannot be had; `source` to draw from again."""

    samples: Samples
    indices: list[int]
    stored: Tensor | None
    dataset: Any
    length: int


def training(bench: Bench, most: int, seconds: float) -> Draws | None:
    """Of the data set that the training loader draws from; None where its items are not what enters
    the network, or no data set is known."""
    kept = looks.recorded(bench, 256)
    until = time.perf_counter() + seconds
    for dataset, sampler in _used(bench, "train"):
        with _seeded(0):
            drawn = draw(dataset, Source(dataset), order(_length(dataset), sampler, most), until)
        rows = [n for n, image in enumerate(drawn.images) if image is not None]
        rows = [n for n in rows if drawn.labels[n] is not None]
        if len(rows) < 2 or not _enters(drawn, rows, kept):
            continue
        x = torch.stack([_shaped(drawn.images[n], kept.x) for n in rows])
        labels = torch.tensor([drawn.labels[n] for n in rows])
        samples = Samples(x, _as_targets(labels, kept.y), labels)
        indices = [drawn.indices[n] for n in rows]
        return Draws(samples, indices, _stored(drawn, rows, x), dataset, _length(dataset))
    return None


def again(draws: Draws, seed: int, until: float) -> tuple[Samples, list[int]]:
    """The same items drawn once more, with other random numbers; and which of them."""
    with _seeded(seed):
        drawn = draw(draws.dataset, Source(draws.dataset), draws.indices, until)
    place = {index: n for n, index in enumerate(draws.indices)}
    rows = [n for n, image in enumerate(drawn.images) if image is not None]
    rows = [n for n in rows if drawn.images[n].numel() == draws.samples.x[0].numel()]  # type: ignore[union-attr]
    chosen = [place[drawn.indices[n]] for n in rows]
    own = draws.samples.at(chosen)
    x = torch.stack([_shaped(drawn.images[n], own.x) for n in rows]) if rows else own.x
    return Samples(x, own.y, own.labels), chosen


def differing(one: Tensor, other: Tensor) -> float:
    """Share of the images that are not the same."""
    if not len(one):
        return 0.0
    return sum(difference(a, b) > _RANDOM for a, b in zip(one, other, strict=True)) / len(one)


def pictures(bench: Bench, phase: str, most: int, seconds: float) -> Tensor | None:
    """Stored images of a phase's first data set: [N, C, H, W], or None."""
    until = time.perf_counter() + seconds
    for dataset, sampler in _used(bench, phase):
        with _seeded(0):
            drawn = draw(dataset, Source(dataset), order(_length(dataset), sampler, most), until)
        known = [r.float() for r in drawn.raw if r is not None and r.ndim == 3]
        if len(known) >= 2:
            size = known[0].shape[0], 32, 32
            return torch.stack([_sized(r, size) for r in known if r.shape[0] == size[0]])
    return None


def _used(bench: Bench, phase: str) -> Iterator[tuple[Any, Any]]:
    """(data set, sampler) of the loaders used in a phase."""
    for known, dataset, sampler in bench._keeps.sets:
        indexed = hasattr(type(dataset), "__getitem__") and datasets.length(dataset)
        iterable = isinstance(dataset, torch.utils.data.IterableDataset)
        if phase in known.phases and indexed and not iterable:
            yield dataset, sampler


def _length(dataset: Any) -> int:
    return datasets.length(dataset) or 0


def _enters(drawn: Drawn, rows: list[int], kept: Samples) -> bool:
    size = kept.x[0].numel()
    images = [drawn.images[n] for n in rows]
    if any(i is None or i.numel() != size for i in images):
        return False
    x = torch.stack([_shaped(i, kept.x) for i in images]).double()
    known = kept.x.double()
    spread = max(float(known.std()), 1e-8)
    moved = abs(float(x.mean() - known.mean())) + abs(float(x.std() - known.std()))
    labels = {drawn.labels[n] for n in rows}
    return moved < _ALIKE * spread and set(kept.labels.tolist()) <= labels


def _shaped(image: Tensor | None, like: Tensor) -> Tensor:
    """An image in the form of a row of a batch."""
    assert image is not None
    return image.reshape(like.shape[1:]).to(like.dtype)


def _as_targets(labels: Tensor, like: Tensor) -> Tensor:
    """Classes in the form that the loss takes."""
    if like.ndim == 2 and like.shape[1] > 1:
        return functional.one_hot(labels, like.shape[1]).to(like.dtype)
    return labels.reshape(-1, *like.shape[1:]).to(like.dtype)


def _stored(drawn: Drawn, rows: list[int], x: Tensor) -> Tensor | None:
    """What is stored behind the drawn images, in their size and with their channels' statistics."""
    raw = [drawn.raw[n] for n in rows]
    if x.ndim != 4 or not x.is_floating_point() or any(r is None or r.ndim != 3 for r in raw):
        return None
    if any(r.shape[0] not in (1, x.shape[1]) for r in raw if r is not None):
        return None
    images = torch.stack([_sized(r.float(), x.shape[1:]) for r in raw if r is not None])
    across = (0, 2, 3)
    mean, std = images.mean(across, True), images.std(across, keepdim=True).clamp_min(1e-8)
    fitted = (images - mean) / std * x.std(across, keepdim=True) + x.mean(across, True)
    return fitted.to(x.dtype)


def _sized(image: Tensor, size: Any) -> Tensor:
    """[C, H, W] in another size; one channel stands for all."""
    if image.shape[1:] != tuple(size)[1:]:
        smaller = image.shape[1] > size[1]
        scaled = functional.interpolate(
            image[None], tuple(size)[1:], mode="bilinear", antialias=smaller
        )
        image = scaled[0]
    return image.expand(size[0], -1, -1)


class _seeded:
    """Draws that can be repeated; the generators get their state back."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __enter__(self) -> None:
        self.kept = torch.get_rng_state(), random.getstate(), np.random.get_state()
        torch.manual_seed(self.seed)
        random.seed(self.seed)
        np.random.seed(self.seed)

    def __exit__(self, *_: object) -> None:
        torch.set_rng_state(self.kept[0])
        random.setstate(self.kept[1])
        np.random.set_state(self.kept[2])
