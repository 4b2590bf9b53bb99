"""Data sets seen through their wrappers: what they are, and which samples they hold."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch.utils import data as torch_data

from whytorch.evidence.recorder.transform_settings import TransformSettings
from whytorch.evidence.recorder.transforms import transforms_of
from whytorch.evidence.recorder.workers import generators_in

_MOST = 500_000
_ROWS = 64  # rows of an array that make its fingerprint
_TARGETS = ("targets", "labels", "y", "_labels", "train_labels")


def length(x: Any) -> int | None:
    try:
        return len(x)
    except (TypeError, NotImplementedError):
        return None


def _inner(dataset: Any) -> tuple[Any, Any] | None:
    """(wrapped data set, indices or None) if this one only wraps another."""
    inner = getattr(dataset, "dataset", None)
    if isinstance(inner, torch_data.Dataset) and hasattr(dataset, "indices"):
        return inner, dataset.indices
    own = [v for v in getattr(dataset, "__dict__", {}).values() if _is_dataset(v)]
    if len(own) == 1 and length(own[0]) == length(dataset):
        return own[0], None
    return None


def _is_dataset(value: Any) -> bool:
    return isinstance(value, torch_data.Dataset)


class Universe:
    """Which samples of which base data set a loader can draw."""

    def __init__(self, source: str | None, indices: Any, steps: list[Any]) -> None:
        self.source = source
        self.indices = indices  # into the base; None: all
        self._steps = steps  # index maps from the outermost wrapper inwards

    def base_indices(self, indices: list[int]) -> list[int]:
        """Indices into the base data set for indices into the outermost."""
        try:
            for step in self._steps:
                indices = [int(step[i]) for i in indices]
            return [int(i) for i in indices]
        except (TypeError, ValueError, IndexError, KeyError):
            return []

    def overlap(self, other: Universe) -> float | None:
        """Share of this one's samples that `other` holds; None if they can't be compared."""
        if self.source is None or other.source is None:
            return None
        if self.source != other.source:
            return 0.0
        if other.indices is None:
            return 1.0
        if self.indices is None:
            return None
        return float(np.isin(self.indices, other.indices).mean()) if len(self.indices) else None


def chain_of(dataset: Any) -> tuple[list[Any], list[Any]]:
    """(data sets from outermost to base, index maps between them)."""
    chain, steps = [dataset], []
    while (found := _inner(chain[-1])) is not None and len(chain) < 12:
        inner, indices = found
        chain.append(inner)
        if indices is not None:
            steps.append(indices)
    return chain, steps


def universe(dataset: Any, sampler: Any) -> Universe:
    """Follow Subsets, and samplers that name their indices, down to the base data set."""
    chain, steps = chain_of(dataset)
    indices: Any = None
    if isinstance(sampler, torch_data.SubsetRandomSampler):
        indices = list(sampler.indices)[:_MOST]
    elif steps:
        indices = range(length(dataset) or 0)[:_MOST]
    made = Universe(fingerprint(chain[-1]), None, steps)
    if indices is not None:
        made.indices = np.asarray(made.base_indices(list(indices)))
    return made


def fingerprint(dataset: Any) -> str | None:
    """Equal for data sets that hold the same samples, also when built twice."""
    digest = hashlib.blake2b(type(dataset).__name__.encode(), digest_size=8)
    digest.update(str(length(dataset)).encode())
    found = False
    for name, value in sorted(getattr(dataset, "__dict__", {}).items()):
        if "transform" not in name:
            found = _feed(digest, value) or found
    return digest.hexdigest() if found else f"object-{id(dataset):x}"


def _feed(digest: Any, value: Any, depth: int = 0) -> bool:
    if isinstance(value, torch.Tensor) and value.ndim and not value.is_sparse:
        value = value.detach()[:: max(1, len(value) // _ROWS)].cpu()
        digest.update(str(value.shape).encode())
        digest.update(value.float().contiguous().numpy().tobytes())
        return True
    if isinstance(value, np.ndarray) and value.ndim and value.dtype != object:
        few = np.ascontiguousarray(value[:: max(1, len(value) // _ROWS)])
        digest.update(str(value.shape).encode() + few.tobytes())
        return True
    if isinstance(value, (list, tuple)) and len(value) and depth < 2:
        if isinstance(value[0], (torch.Tensor, np.ndarray)):
            fed = [_feed(digest, v, depth + 1) for v in value[:_ROWS]]  # all of them
            return any(fed)
        digest.update(str(len(value)).encode())
        digest.update(repr(value[:: max(1, len(value) // _ROWS)])[:20_000].encode())
        return len(value) > 1 and isinstance(value[0], (str, tuple, int, list))
    return False


def _normalizations(transform: Any, depth: int = 0) -> list[Any]:
    """(mean, std) of every Normalize inside a transform, in order."""
    found: list[Any] = []
    mean, std = getattr(transform, "mean", None), getattr(transform, "std", None)
    if type(transform).__name__ == "Normalize" and mean is not None and std is not None:
        found.append(([float(m) for m in _flat(mean)], [float(s) for s in _flat(std)]))
    parts = getattr(transform, "transforms", None) or getattr(transform, "transform", None)
    for part in parts if isinstance(parts, (list, tuple)) else [parts] if parts else []:
        if depth < 4:
            found += _normalizations(part, depth + 1)
    return found


def _flat(value: Any) -> list[Any]:
    return list(torch.as_tensor(value).reshape(-1).tolist())


def _targets(chain: list[Any], steps: list[Any], made: Universe) -> list[int] | None:
    base = chain[-1]
    values = next((getattr(base, n) for n in _TARGETS if hasattr(base, n)), None)
    tensors = getattr(base, "tensors", None)
    if values is None and isinstance(tensors, tuple) and len(tensors) > 1:
        values = tensors[1]
    size = length(base)
    if values is None or length(values) != size or not size or size > _MOST:
        return None
    array = np.asarray(values)
    if array.dtype.kind == "f" and not (array == array.round()).all():
        return None
    if array.dtype.kind not in "iufb" or array.size != size:
        return None
    array = array.reshape(-1).astype(np.int64)
    return [int(v) for v in (array if made.indices is None else array[made.indices])]


def _made_at(places: Any, dataset: Any) -> Any:
    """Where it was constructed; a list of pairs is a data set too, and has no place."""
    return places.get(dataset) if _is_dataset(dataset) else None


def _class_to_idx(chain: list[Any]) -> dict[str, int] | None:
    """The names of the classes and their numbers, as the base data set knows them."""
    known = getattr(chain[-1], "class_to_idx", None)
    if not isinstance(known, dict) or not 0 < len(known) <= 1000:
        return None
    whole = all(isinstance(v, (int, np.integer)) for v in known.values())
    return {str(k): int(v) for k, v in known.items()} if whole else None


def describe(
    dataset: Any, places: Any, made: Universe, settings: TransformSettings
) -> dict[str, Any]:
    """As `DatasetFacts`."""
    chain, steps = chain_of(dataset)
    transforms = [
        t
        for d in chain
        for t in (getattr(d, "transform", None) or getattr(d, "transforms", None),)
        if t is not None
    ]
    try:
        targets = _targets(chain, steps, made)
    except (TypeError, ValueError, IndexError):
        targets = None
    values, counts = np.unique(targets, return_counts=True) if targets else ((), ())
    classes = getattr(chain[-1], "classes", None)
    return {
        "kind": type(dataset).__name__,
        "place": _made_at(places, dataset),
        "length": length(dataset),
        "chain": [type(d).__name__ for d in chain],
        "base_place": _made_at(places, chain[-1]),
        "transform": repr(transforms[0])[:600] if transforms else None,
        "normalize": [n for t in transforms for n in _normalizations(t)],
        "source": made.source,
        "class_counts": {str(v): int(c) for v, c in zip(values[:1000], counts, strict=False)}
        if targets
        else None,
        "classes": [str(c) for c in classes[:200]] if isinstance(classes, (list, tuple)) else None,
        "class_to_idx": _class_to_idx(chain),
        "transforms": transforms_of(chain),
        "generators": generators_in(chain),
        **settings.facts(chain),
    }
