"""Drawing items from the script's own data sets, and the stored images behind them."""

from __future__ import annotations

import copy
import re
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import data as torch_data

from whytorch.evidence.recorder import datasets
from whytorch.evidence.samples import items

MOST = 512  # items of a data set
_TRANSFORM = re.compile(r"transform|augment|preproc|^tf?m?s?$|^tfs|^trans|_aug$|^aug", re.I)
_TARGET = re.compile(r"target|label", re.I)


class TimeIsUp(BaseException):
    """Raised by the alarm inside the script's own code."""


@dataclass
class Drawn:
    """What was drawn of one data set: lists of equal length, by position."""

    indices: list[int] = field(default_factory=list)
    base: list[int] = field(default_factory=list)  # into the base data set
    images: list[Tensor | None] = field(default_factory=list)
    raw: list[Tensor | None] = field(default_factory=list)
    labels: list[int | None] = field(default_factory=list)
    vectors: list[Tensor | None] = field(default_factory=list)
    dtype: str = ""
    raw_dtype: str = ""
    failed: int = 0
    error: str | None = None
    stopped: bool = False


def order(length: int, sampler: Any, most: int = MOST) -> list[int]:
    """Which items: half evenly spaced, half by chance, mixed so that any part is fair."""
    own = getattr(sampler, "indices", None)
    if isinstance(sampler, torch_data.SubsetRandomSampler) and own is not None:
        pool = np.asarray([int(i) for i in own])
    else:
        pool = np.arange(length)
    rng = np.random.default_rng(0)
    if len(pool) > most:
        even = np.linspace(0, len(pool) - 1, most // 2).astype(int)
        rest = np.setdiff1d(np.arange(len(pool)), even)
        pool = pool[np.concatenate([even, rng.choice(rest, most - len(even), replace=False)])]
    return [int(i) for i in rng.permutation(pool)]


def identity(*args: Any, **named: Any) -> Any:
    """Stands for a transform, in each of the ways in which they are called."""
    if args:
        return args[0] if len(args) == 1 else args
    return named


class Source:
    """The stored images behind a data set: its base, with the transforms taken out of a copy."""

    def __init__(self, dataset: Any) -> None:
        self.chain, self._steps = datasets.chain_of(dataset)
        self.transforms = sum(len(_transforms(d)) for d in self.chain)
        base = self.chain[-1]
        self._bare: Any = None
        try:
            self._bare = copy.copy(base)
            for name in _transforms(base):
                object.__setattr__(self._bare, name, identity)
        except Exception:
            self._bare = None

    def base_index(self, index: int) -> int:
        try:
            for step in self._steps:
                index = int(step[index])
            return index
        except (TypeError, ValueError, IndexError, KeyError):
            return -1

    def image(self, index: int) -> tuple[Tensor | None, str]:
        if self._bare is None:
            return None, ""
        try:
            found = items.read(self._bare[self.base_index(index)])
        except Exception:
            return None, ""
        return found.image, found.dtype


def _transforms(dataset: Any) -> list[str]:
    return [
        name
        for name, value in getattr(dataset, "__dict__", {}).items()
        if _TRANSFORM.search(name) and not _TARGET.search(name) and callable(value)
    ]


def draw(dataset: Any, source: Source, wanted: list[int], until: float) -> Drawn:
    """Items one after the other, until the time is up; at least one is tried."""
    drawn = Drawn()
    plain = len(source.chain) == 1 and not source.transforms
    equal = 0
    for index in wanted:
        if drawn.indices and time.perf_counter() > until:
            drawn.stopped = True
            break
        try:
            item = items.read(dataset[index])
        except Exception as error:
            drawn.failed += 1
            drawn.error = drawn.error or f"{type(error).__name__}: {error}"[:200]
            if drawn.failed >= 20 and drawn.failed > len(drawn.indices):
                break
            continue
        raw, raw_dtype = (item.image, item.dtype) if plain else source.image(index)
        equal += not source.transforms and _equal(item.image, raw)
        plain = plain or equal >= 3  # a wrapper that only selects
        raw = item.image if plain else raw
        drawn.indices.append(index)
        drawn.base.append(source.base_index(index))
        drawn.images.append(_kept(item.image))
        drawn.raw.append(_kept(raw))
        drawn.labels.append(item.label)
        drawn.vectors.append(item.vector)
        drawn.dtype, drawn.raw_dtype = drawn.dtype or item.dtype, drawn.raw_dtype or raw_dtype
    if plain:
        drawn.raw = list(drawn.images)
    return drawn


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    return one is not None and other is not None and torch.equal(one, other)


def _kept(image: Tensor | None) -> Tensor | None:
    """On the CPU, and no view of a large tensor that the script may still change."""
    return None if image is None else image.detach().cpu()
