"""Items for which random numbers are drawn and of which nothing comes out otherwise."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whytorch.evidence.samples import items

_MOST = 24  # items that are drawn twice more
_DEEP = 3  # lists within dicts within tuples


def random_state() -> int:
    """Of torch's, NumPy's and Python's generators."""
    words: Any = np.random.get_state(legacy=True)
    return hash(
        (torch.get_rng_state().numpy().tobytes(), random.getstate(), words[1].tobytes(), words[2])
    )


def in_vain(dataset: Any, indices: Sequence[int], until: float) -> int:
    """How many items are the same in all their parts, asked for twice, though each time random
    numbers were drawn for them; 0 as soon as one differs, or none is drawn."""
    alike = 0
    for index in indices[:_MOST]:
        if alike and time.perf_counter() > until:
            break
        before = random_state()
        try:
            first = list(_parts(dataset[index]))
            drawn = random_state()
            second = list(_parts(dataset[index]))
        except Exception:
            return 0
        if drawn in (before, random_state()) or not _equal(first, second):
            return 0
        alike += 1
    return alike


def _parts(item: Any, depth: int = 0) -> Iterator[Any]:
    if isinstance(item, dict):
        item = list(item.values())
    if isinstance(item, (list, tuple)) and depth < _DEEP:
        for part in item:
            yield from _parts(part, depth + 1)
        return
    image = items.as_image(item)
    yield item if image is None else image.detach().cpu()


def _equal(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(_same, one, other))


def _same(one: Any, other: Any) -> bool:
    """What cannot be compared may differ."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and bool(torch.equal(one, other))
    try:
        return bool(np.all(one == other))
    except Exception:
        return False
