"""What is kept of a run for a person to look at: small images, histograms, series of layers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class LayerTrace(Struct, frozen=True):
    """One number of one layer at the steps looked at closely. `activation`: the standard deviation
    of its output. `silent`: the share of a ReLU's units that fire on no sample of the batch.
    `update`: what the step changed of a weight, |change| / |weight|."""

    kind: Literal["activation", "silent", "update"]
    layer: str
    values: tuple[tuple[int, float | None], ...] = ()  # (step, value)


class Traces(Struct, frozen=True):
    layers: tuple[LayerTrace, ...] = ()

    def of(self, kind: str) -> tuple[LayerTrace, ...]:
        return tuple(t for t in self.layers if t.kind == kind)


class Sheet(Struct, frozen=True):
    """A few images of one kind, shrunk to 48 pixels a side at most. Pixel p of 0..255 stands for
    low + p / 255 * (high - low); `low` and `high` are the extremes of all of the sheet."""

    shape: tuple[int, int, int, int]  # images, channels (1 or 3), height, width
    pixels: str  # base64 of the bytes in that order
    low: float
    high: float
    size: tuple[int, int]  # height and width of the first image before it was shrunk
    labels: tuple[int | None, ...] = ()
    others: tuple[int | None, ...] = ()  # what a network or the neighbours say instead
    indices: tuple[int | None, ...] = ()  # into the data set, where they come from one


class Histogram(Struct, frozen=True):
    """How often the values between `low` and `high` come, in bins of equal width, by channel."""

    low: float
    high: float
    counts: tuple[tuple[int, ...], ...]
    samples: int


class Pictures(Struct, frozen=True):
    """By name. Sheets: `train` and `eval` (as they enter the network), `stored` and `drawn` (the
    same images before and after the transforms), `twins-train` and `twins-eval` (leaked pairs),
    `doubts` (whose neighbours bear another label), `worst` (whose label the lab's networks
    contradict), `lost-stored` and `lost-augmented` (known as stored, unknown as augmented)."""

    sheets: dict[str, Sheet] = {}
    histograms: dict[str, Histogram] = {}  # train, eval
