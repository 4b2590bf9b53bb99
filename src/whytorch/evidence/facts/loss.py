"""Calls of loss functions."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct

from whytorch.evidence.facts.basics import Phase, Shape
from whytorch.records import Place


class OwnLabels(Struct, frozen=True):
    """What a loss asks for, against the labels that came with the very images, unchanged."""

    compared: int  # samples
    agreeing: int
    expected: float  # of these, if the answers were dealt out at random within each batch
    classes: int  # different labels
    asked_classes: int  # different answers asked for
    same_classes: int  # that are among both
    dependence: float | None = None  # chi-square / its degrees of freedom; 1: of independent ones


class LossSite(Struct, frozen=True):
    """All calls of one loss function at one place in one phase, pooled over `calls`."""

    function: str  # torch's functional name: cross_entropy, nll_loss, mse_loss, ...; "hand-written"
    place: Place | None  # where the user's code computes it
    phase: Phase
    calls: int
    made_place: Place | None = None  # where the user constructed torch's loss module, if by one
    input_shape: Shape | None = None
    input_dtype: str | None = None
    target_shape: Shape | None = None
    target_dtype: str | None = None
    options: dict[str, Any] = {}  # ignore_index, reduction, weight, ...
    input_min: float | None = None
    input_max: float | None = None
    nonnegative: bool | None = None  # no input below 0 in any call
    row_sum_gap: float | None = None  # widest |sum over classes - 1|, all calls
    column_sum_gap: float | None = None  # widest |sum over dimension 0 - 1|, all calls
    logsumexp_gap: float | None = None  # widest |logsumexp over classes|: 0 means log-probabilities
    target_min: float | None = None
    target_max: float | None = None
    target_integral: bool | None = None  # whole numbers only
    target_one_hot: bool | None = None  # [N, C] rows with one 1 and zeros
    target_row_sum_gap: float | None = None
    target_counts: dict[str, int] | None = None  # class index -> times, for whole-number targets
    # Of always giving the same answer, for mean squared errors and yes/no answers without weights.
    guess_loss: float | None = None
    # Of yes/no answers of the latest calls: the share that was right, that of the commoner of both.
    answered: tuple[float, float] | None = None
    # Of errors that are differences: for outputs that stay within "0..", "0..1" or "-1..1", the
    # share of the targets' numbers outside, the least squared error then, that of giving the mean.
    out_of_reach: dict[str, tuple[float, float, float]] | None = None
    first_value: float | None = None
    last_value: float | None = None
    connected: bool | None = None  # input requires grad (None: only called without grad mode)
    from_model: bool | None = None  # the input is, or was computed by autograd from, model output
    group: int | None = None  # number of the network called last before it
    graph: tuple[str, ...] = ()  # autograd nodes behind the input, nearest first
    graph_dims: tuple[int | None, ...] = ()  # the dim of softmax nodes in `graph`, else None
    graph_shapes: tuple[Shape | None, ...] = ()  # the shape of what these made, else None
    # Of a loss written by hand: the shape of an output [N] or [N, 1], and [N, N], what a difference
    # from constants of the other shape made of it.
    spread: tuple[Shape, Shape] | None = None
    by_hand: str | None = None  # "squared" or "absolute" error, its targets known as above
    # Calls in which a gradient went to the target, computed, and none to the input, a constant.
    taught_targets: int = 0
    itself: bool = False  # input and target were the same numbers each time, without a graph
    propagated: int = 0  # of its values, where it is known: a backward went through them
    dropped: int = 0  # and they were there at a backward, and no backward went through them
    only_behind: int = 0  # parameters that such a value leads to, and those backwards did not
    # Backwards looked at whose start falls, or rises, where this loss rises.
    falls_with: int = 0
    rises_with: int = 0
    own_labels: OwnLabels | None = None  # class indices, or the highest of soft ones
    raised: str | None = None  # the error, if a call failed (shapes above are that call's)


class MixedSample(NamedTuple):
    """One image of a batch, blended with another one of it or partly pasted over by it."""

    share: float  # of its own image
    own: float  # weight of its own label in what the loss asks for, by the gradient
    partner: float  # weight of the other image's label
    total: float = 1.0  # what the weights of the two images sum to; shares are parts of it


class CutTerm(Struct, frozen=True):
    """A summand of the loss that comes from a network's output by way of what has no gradient."""

    function: str  # torch's name of it: argmax, detach, gt, ...
    place: Place | None  # where it was called
    backwards: int  # that had such a summand
    of: int  # backwards looked at from the same line
    elsewhere: bool = False  # its gradient goes to a network that was not stepped after it
    # Compared and added up, of what a network that is not stepped says of the stepped one's output.
    verdict: bool = False


class Overlap(Struct, frozen=True):
    """A product of probabilities and a constant of as many numbers, on the way to the loss."""

    place: Place | None
    calls: int
    low: float  # of the constant
    high: float
    two_values: bool  # each time no number but its lowest and its highest


class RawOverlap(Struct, frozen=True):
    """A Dice or Jaccard ratio that holds a network's output as it was."""

    place: Place | None  # of the division
    calls: int
    beyond: int  # calls in which the output was far below 0 or above 1
    low: float  # of the output
    high: float


class WholeSum(Struct, frozen=True):
    """A number summed over a whole batch, added to what each of its samples has of its own."""

    place: Place | None  # of the sum
    calls: int
    batch: int  # samples, at the last call


class LateMask(Struct, frozen=True):
    """A constant of zeros and others that a loss of one number was multiplied with, and summed."""

    place: Place | None  # of the product
    calls: int
    size: int  # numbers of the mask, at the last call
    zeros: float  # their share


class Square(Struct, frozen=True):
    """Where outputs of shape [N] met constants of shape [N, 1], or the other way: [N, N]."""

    place: Place | None
    calls: int


class PairTargets(Struct, frozen=True):
    """What a loss was asked for that reads 1 and -1, in all training calls at one line."""

    function: str
    place: Place | None
    made_place: Place | None
    calls: int
    numbers: int
    zeros: int
    ones: int


class LossCalls(Struct, frozen=True):
    sites: tuple[LossSite, ...] = ()
    mixed: tuple[MixedSample, ...] = ()  # of batches whose images were mixed in the loop
    cut_terms: tuple[CutTerm, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    raw_overlaps: tuple[RawOverlap, ...] = ()
    whole_sums: tuple[WholeSum, ...] = ()
    late_masks: tuple[LateMask, ...] = ()
    pair_targets: tuple[PairTargets, ...] = ()
    squares: tuple[Square, ...] = ()  # in the order in which they were computed

    def training(self) -> tuple[LossSite, ...]:
        return tuple(s for s in self.sites if s.phase == "train")
