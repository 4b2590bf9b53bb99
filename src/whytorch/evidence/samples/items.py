"""One item of a data set -> its image as an array of channels first, and its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

_IMAGE_KEYS = ("image", "img", "images", "pixel_values", "x", "input", "inputs", "data", "pixels")
_LABEL_KEYS = ("label", "labels", "target", "targets", "y", "class", "category")
_CHANNELS = (1, 2, 3, 4)
FLAT = 48  # numbers; a shorter vector is no flattened image


@dataclass
class Item:
    """`image`: [C, H, W], or [length] for flat vectors; None where there is none."""

    image: Tensor | None
    label: int | None
    dtype: str = ""
    vector: Tensor | None = None  # a target of several numbers, flat


def read(item: Any) -> Item:
    image, label = _parts(item)
    found = as_image(image)
    kind = str(getattr(image, "dtype", "")).removeprefix("torch.")
    if _is_pil(image):
        kind = f"PIL {image.mode}"
    number = as_label(label)
    return Item(found, number, kind, _vector(item) if number is None else None)


def _vector(item: Any) -> Tensor | None:
    """The last part of an item that holds a few numbers: keypoints, a box, angles."""
    parts = list(item.values()) if isinstance(item, dict) else item
    for part in reversed(parts) if isinstance(parts, (tuple, list)) else ():
        if isinstance(part, np.ndarray) and part.dtype.kind == "f":
            part = torch.from_numpy(np.ascontiguousarray(part))
        if isinstance(part, Tensor) and part.is_floating_point() and 2 <= part.numel() < FLAT:
            return part.detach().reshape(-1).double().cpu() if part.ndim in (1, 2) else None
    return None


def _parts(item: Any) -> tuple[Any, Any]:
    if isinstance(item, dict):
        image = next((item[k] for k in _IMAGE_KEYS if k in item), None)
        label = next((item[k] for k in _LABEL_KEYS if k in item), None)
        return image, label
    if isinstance(item, (tuple, list)):
        images = [i for i, part in enumerate(item) if is_image(part)]
        first = images[0] if images else 0
        labels = [part for part in item[first + 1 :] if as_label(part) is not None]
        labels += [part for part in item[:first] if as_label(part) is not None]
        return (item[first] if item else None), next(iter(labels), None)
    return item, None


def _is_pil(value: Any) -> bool:
    return hasattr(value, "getbands") and isinstance(getattr(value, "mode", None), str)


def is_image(value: Any) -> bool:
    return as_image(value) is not None


def as_image(value: Any) -> Tensor | None:
    """Channels first; None for what is no image (a sentence, a number, a short vector)."""
    if _is_pil(value):
        value = np.asarray(value.convert("RGB") if value.mode in ("P", "CMYK") else value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "uifb":
        value = torch.from_numpy(np.ascontiguousarray(value))
    if not isinstance(value, Tensor) or value.is_complex() or value.is_sparse:
        return None
    x = value.detach()
    while x.ndim > 3 and x.shape[0] == 1:
        x = x[0]
    if x.ndim == 3:
        first, last = x.shape[0], x.shape[2]
        if first not in _CHANNELS and last in _CHANNELS:
            x = x.permute(2, 0, 1)
        return x if min(x.shape[1:]) >= 4 and x.shape[0] <= 16 else None
    if x.ndim == 2:
        if x.shape[0] == 1 and x.shape[1] >= FLAT:
            return _flat(x[0])
        return x[None] if min(x.shape) >= 6 else None
    return _flat(x) if x.ndim == 1 else None


def _flat(x: Tensor) -> Tensor | None:
    """A flattened image may be any vector that is long; token numbers are none."""
    return x if len(x) >= FLAT and x.dtype not in (torch.int64, torch.int32) else None


def as_label(value: Any) -> int | None:
    """A class index: a whole number, or a row with one 1."""
    if isinstance(value, (bool, int, np.integer, np.bool_)):
        return int(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "uifb":
        value = torch.from_numpy(np.ascontiguousarray(value))
    if not isinstance(value, Tensor) or value.is_complex():
        return None
    if value.numel() == 1:
        number = float(value.reshape(-1)[0])
        return int(number) if number == round(number) else None
    if value.ndim == 1 and 2 <= len(value) <= 1000:
        ones = (value == 1).sum() == 1 and (value == 0).sum() == len(value) - 1
        return int(value.argmax()) if bool(ones) else None
    return None
