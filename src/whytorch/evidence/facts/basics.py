"""What the other facts are made of."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Phase = Literal["train", "eval"]
Shape = tuple[int, ...]


class TensorStats(Struct, frozen=True):
    """Numbers over one tensor, or pooled over many with the same role."""

    shape: Shape
    dtype: str
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    channel_mean: tuple[float | None, ...] = ()
    channel_std: tuple[float | None, ...] = ()
    nonfinite_share: float = 0.0
    constant_share: float = 0.0  # of samples whose values are all the same
    integral_share: float = 0.0  # of values that are whole numbers
    samples: int = 0  # pooled along dimension 0
