"""Dropout and batch normalization at work."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from whytorch.records import Place


class DropoutFacts(Struct, frozen=True):
    """Dropout that drops, by its line. Counts are of the network calls looked at closely."""

    function: str  # dropout, dropout2d, ..., scaled_dot_product_attention
    p: float
    place: Place | None  # the user's line that calls the layer or the function
    owner: Literal["function", "layer", "stray", "fresh"]  # stray: a layer that the network does
    # not know; fresh: made in the forward pass
    name: str | None = None  # of the layer
    made_place: Place | None = None  # where the layer was constructed
    in_training: int = 0
    in_evaluation: int = 0  # while the network itself was in evaluation mode
    eval_passes: tuple[int, ...] = ()  # indices of the passes that these belong to


class NormFacts(Struct, frozen=True):
    """A BatchNorm layer: its statistics against those of what it was given.

    A *shift* is the median over the channels of the distance of the means in standard deviations
    of the input, a *spread* that of |ln(variance / variance of the input)|.
    """

    name: str
    kind: str
    place: Place | None  # where it was constructed
    momentum: float | None  # None: the mean over all batches
    tracks: bool  # it has running statistics
    trainable: bool | None  # its scale requires grad; None: it has none
    learns_statistics: bool = False  # in train mode in training: batch statistics, stored ones move
    learns_while_frozen: bool = False  # likewise, with nothing trained, from statistics that it had
    drift_shift: float | None = None  # stored: last in training, to before it was (made or frozen)
    drift_spread: float | None = None
    stale_shift: float | None = None  # those of the last evaluation, to the last training batch
    stale_spread: float | None = None
    eval_shift: float | None = None  # those of the last evaluation, to what it was given there
    eval_spread: float | None = None
    untouched: bool | None = None  # those of the last evaluation are still 0 and 1
    eval_step: int | None = None  # optimizer steps before the last evaluation
    values_in_training: int = 0  # per channel, behind the measures above
    values_in_evaluation: int = 0
