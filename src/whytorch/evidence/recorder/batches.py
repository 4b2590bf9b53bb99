"""Batches as loaders delivered them: which one an input of the network is, and its labels."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.passes import content_of
from whytorch.evidence.recorder.tensors import tensors_in

_LABEL_KEYS = ("label", "labels", "target", "targets", "y", "class")


class Delivered:
    """What is kept of a batch: not the batch itself, which the script may want to free."""

    def __init__(self, serial: tuple[int, int, int], batch: Any, drawn: int) -> None:
        first = next(tensors_in(batch), None)
        sized = first is not None and first.ndim > 0
        self.serial = serial  # (loader, pass over it, batch)
        self.size = int(first.shape[0]) if first is not None and sized else drawn
        self.used = False  # the network was given it as it is
        self.labels = find_labels(batch)
        # Whole numbers of a float type, as losses for two classes take them.
        self.whole = self.labels if self.labels is not None else find_labels(batch, floats=True)
        self._content = content_of(first[:1]) if first is not None and sized else []
        # [time, batch, ...], as recurrent layers take them: a row is no sample.
        shape = tuple(first.shape) if first is not None else ()
        self.across = len(shape) > 1 and shape[0] != drawn == shape[1]

    def is_given(self, content: list[int]) -> bool:
        """Whether an input with these hashes of its samples is this batch, on whatever device."""
        return bool(content) and content[:1] == self._content

    def labels_of(self, binary: bool) -> Tensor | None:
        """Where one output stands for yes or no, other numbers name something: a user's item."""
        labels = self.whole if binary else self.labels
        if not binary or labels is None or labels.device.type != "cpu" or not labels.numel():
            return labels
        low, high = labels.aminmax()
        return labels if int(low) >= 0 and int(high) <= 1 else None


def find_labels(batch: Any, floats: bool = False) -> Tensor | None:
    """Class indices [B] in a batch: under a usual key, in second place, or the last that fit.

    With `floats` also whole numbers of a float type, as losses for two classes take them.
    """
    if isinstance(batch, dict):
        candidates = [batch[k] for k in _LABEL_KEYS if k in batch]
    elif isinstance(batch, (list, tuple)):
        candidates = [*batch[1:2], *reversed(batch[2:])]
    else:
        candidates = [getattr(batch, k) for k in _LABEL_KEYS if hasattr(batch, k)]
    for value in candidates:
        if not isinstance(value, Tensor) or not value.numel():
            continue
        if value.ndim != 1 and not (value.ndim == 2 and value.shape[1] == 1):
            continue
        whole = not value.is_floating_point() and not value.is_complex()
        if whole or (floats and bool((value == value.round()).all())):
            return value.detach().reshape(-1).long()
    return None
