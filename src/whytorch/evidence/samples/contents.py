"""The stored images of whole data sets as hashes, where they lie in one array or in files."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

import numpy as np
from torch import Tensor

from whytorch.evidence.recorder import datasets
from whytorch.evidence.samples.items import FLAT

_MOST_ROWS = 120_000
_MOST_FILE = 20_000_000  # bytes
_FILES = ("samples", "imgs", "paths", "files", "image_paths", "img_paths", "filenames", "images")
_EVERY = 512  # rows between looks at the clock


class Contents:
    """`rows`: an array with one image a row; or `files`, one path an image."""

    def __init__(self, base: Any, indices: Any) -> None:
        self.rows = _array(base)
        self.files = None if self.rows is not None else _paths(base)
        size = datasets.length(base) or 0
        self.indices = range(size) if indices is None else [int(i) for i in indices]

    def hashes(self, until: float) -> dict[int, int] | None:
        """Base index -> hash of the image; None if there is no array or not enough time."""
        if self.rows is None or len(self.indices) > _MOST_ROWS:
            return None
        found = {}
        for position, index in enumerate(self.indices):
            if position % _EVERY == 0 and time.perf_counter() > until:
                return None
            found[index] = hash(self.rows[index].tobytes())
        return found

    def is_blank(self, index: int) -> bool:
        if self.rows is None:
            return False
        row = self.rows[index]
        return bool((row == row.flat[0]).all())


def in_both(train: Contents, evaluation: Contents, until: float) -> list[tuple[int, int]] | None:
    """(index in evaluation, index in training) of identical images; None if it can't be told."""
    if train.files is not None and evaluation.files is not None:
        return _same_files(train, evaluation, until)
    if train.rows is None or evaluation.rows is None:
        return None
    if (
        train.rows.dtype != evaluation.rows.dtype
        or train.rows.shape[1:] != evaluation.rows.shape[1:]
    ):
        return None
    mine = evaluation.hashes(until)
    theirs = train.hashes(until) if mine is not None else None
    if mine is None or theirs is None:
        return None
    places = {content: index for index, content in theirs.items()}
    pairs = [(i, places[h]) for i, h in mine.items() if h in places]
    return [pair for pair in pairs if not evaluation.is_blank(pair[0])]


def _same_files(
    train: Contents, evaluation: Contents, until: float
) -> list[tuple[int, int]] | None:
    """The same file, or files of the same size and content."""
    sizes = [_sizes(c, until) for c in (train, evaluation)]
    if sizes[0] is None or sizes[1] is None:
        return None
    known: dict[tuple[int, bytes], int] = {}
    wanted = set(sizes[1].values())
    for index, size in sizes[0].items():
        if size in wanted:
            if time.perf_counter() > until:
                return None
            known.setdefault((size, _digest(train, index)), index)
    shared = {size for size, _ in known}
    pairs = []
    for index, size in sizes[1].items():
        if size in shared:
            if time.perf_counter() > until:
                return None
            other = known.get((size, _digest(evaluation, index)))
            if other is not None:
                pairs.append((index, other))
    return pairs


def _sizes(contents: Contents, until: float) -> dict[int, int] | None:
    assert contents.files is not None
    found = {}
    for position, index in enumerate(contents.indices):
        if position % _EVERY == 0 and time.perf_counter() > until:
            return None
        try:
            found[index] = os.stat(contents.files[index]).st_size
        except OSError:
            continue
    return found


def _digest(contents: Contents, index: int) -> bytes:
    assert contents.files is not None
    try:
        with open(contents.files[index], "rb") as file:
            return hashlib.blake2b(file.read(_MOST_FILE), digest_size=16).digest()
    except OSError:
        return os.urandom(16)


def _array(base: Any) -> np.ndarray | None:
    """The one array with an image a row that the data set holds."""
    size = datasets.length(base)
    held = list(getattr(base, "__dict__", {}).values())
    tensors = getattr(base, "tensors", None)
    held += list(tensors[:1]) if isinstance(tensors, tuple) else []
    found = []
    for value in held:
        if isinstance(value, Tensor) and value.device.type == "cpu" and not value.is_sparse:
            value = (
                value.detach().numpy() if value.dtype.is_floating_point or _small(value) else None
            )
        if not isinstance(value, np.ndarray) or value.ndim < 2 or value.dtype == object:
            continue
        if len(value) == size and value[0].size >= FLAT:
            found.append(value)
    return found[0] if len(found) == 1 else None


def _small(value: Tensor) -> bool:
    return value.element_size() == 1


def _paths(base: Any) -> list[str] | None:
    size = datasets.length(base)
    for name in _FILES:
        value = getattr(base, "__dict__", {}).get(name)
        if isinstance(value, (list, tuple, np.ndarray)) and len(value) == size and size:
            paths = [v[0] if isinstance(v, (tuple, list)) and v else v for v in value]
            if all(isinstance(p, (str, os.PathLike)) for p in paths) and os.path.isfile(paths[0]):
                return [os.fspath(p) for p in paths]
    return None
