"""Optimizer steps, and what led to them."""

from __future__ import annotations

from msgspec import Struct

from whytorch.evidence.facts.basics import Shape
from whytorch.records import Place


class StepFacts(Struct, frozen=True):
    """One optimizer step; kept densely at first, then ever more sparsely."""

    index: int  # counts from 0
    loss: float | None  # of the last backward before it; None if non-finite or unknown
    loss_finite: bool
    lr: float | None
    seconds: float  # since the start of the run
    train_mode: bool | None = None
    grad_norm: float | None = None
    update_ratio: float | None = None  # |change of weights| / |weights|, whole network
    weight_norm: float | None = None  # of the weights that update_ratio looks at, before the step
    decay_pull: float | None = None  # |what decay wants| / |what the loss wants|, middle tensor
    batch: int | None = None  # samples
    accuracy: float | None = None  # of this batch's predictions, before the step
    pass_index: int | None = None
    optimizer: int | None = None  # index into Training.optimizers


class GroupFacts(Struct, frozen=True):
    lr: float | None
    momentum: float | None
    weight_decay: float | None
    parameters: int  # tensors
    trained_parameters: int  # tensors of it that belong to the trained network
    betas: tuple[float, ...] = ()
    dampening: float | None = None
    maximize: bool = False


class Beside(Struct, frozen=True):
    """A setting that the script wrote where no step reads it."""

    written: str  # ".lr", '["learning_rate"]'
    setting: str  # the one that it was to be
    value: float


class OptimizerFacts(Struct, frozen=True):
    kind: str
    place: Place | None  # where it was constructed
    groups: tuple[GroupFacts, ...]
    steps: int
    step_place: Place | None
    zero_grad_calls: int = 0
    stale_steps: int = 0  # with gradients added to ones that an earlier step of it had used
    empty_steps: int = 0  # at which none of what it holds had a gradient, nor had had one before
    closure: bool = False  # its steps were given one
    beside: tuple[Beside, ...] = ()


class Resumed(Struct, frozen=True):
    """A schedule's first step after the state of its optimizer was loaded."""

    lr: float  # that came with the state
    first_lr: float  # the one that the schedule had begun with, as the state says
    anew: bool  # it was the schedule's first step of all


class SchedulerFacts(Struct, frozen=True):
    kind: str
    place: Place | None
    steps: int
    step_place: Place | None
    before_optimizer: bool = False  # stepped before the first optimizer step
    lr_history: tuple[tuple[int, float], ...] = ()  # (optimizer step, lr) after its steps
    optimizer: int | None = None  # index into Training.optimizers
    made_at_step: int = 0
    base_lr: float | None = None  # that the optimizer was built with; max_lr of one-cycle
    first_lr: float | None = None  # before its first step
    inside: bool = False  # another scheduler steps it
    mode: str | None = None  # of ReduceLROnPlateau
    metrics: tuple[tuple[int, float | None, int], ...] = ()  # (step, metric given, latest pass)
    epochs_given: tuple[float | None, ...] = ()  # to step(), of all but ReduceLROnPlateau
    milestones: tuple[float, ...] = ()  # of MultiStepLR: counts of its steps, in order
    period: float | None = None  # T_max, step_size, T_0, total_iters: a count of its steps
    resumed: Resumed | None = None  # after the state of its optimizer was loaded


class LayerGradients(Struct, frozen=True):
    """Gradient norm of one layer's parameters at the steps looked at."""

    layer: str
    norms: tuple[tuple[int, float | None], ...] = ()  # (step, norm)


class Undefined(Struct, frozen=True):
    """What made the loss, or its gradient, no number for the first time, while the network gave
    numbers; or what made these none."""

    operation: str  # "log", "log1p", "div", "sqrt", "exp", "pow"
    times: int  # numbers that it cannot take
    of: int
    step: int  # optimizer steps before
    of_gradient: bool = False  # the loss was a number, its gradient was not
    inside: bool = False  # the network's outputs were no numbers already


class MaskSlope(Struct, frozen=True):
    """Of losses in which probabilities are multiplied with a mask of zeros and ones."""

    rising: int  # products that the loss rises with
    falling: int
    first: float  # share of the mask that is predicted, at the first look and at the last
    last: float
    of_target: int = 0  # products with the very mask that a loss function asks for as well


class Averaged(Struct, frozen=True):
    """Weights that were evaluated, other than those that training had reached by then."""

    way: float  # of the way from the first weights to those, 0..1
    beside: float  # squared distance from that way, in squares of its length
    steps: int  # of the optimizer, by then
    moved: bool = False  # since the evaluation before
    swapped: bool = False  # in and out of the network that is trained; else those of a copy of it


class Pairs(Struct, frozen=True):
    """Pairs of images that a loss of pairs pulled together, or held apart."""

    pairs: int = 0
    known: int = 0  # with the classes of both
    same: int = 0  # of the same class
    far: float = 0.0  # sum of the root mean squared differences of their images
    far_squared: float = 0.0  # sum of its squares
    apart: float | None = None  # mean distance of the outputs in the latest looks


class Pulls(Struct, frozen=True):
    """By the gradient at differences and products of two outputs of networks."""

    pulled: Pairs
    held_apart: Pairs
    again: int = 0  # images that stood in several pairs of a step


class Stray(Struct, frozen=True):
    """A tensor that needs a gradient, that no module knows and that no optimizer holds."""

    name: str | None  # as the script calls it: "self.scale", "w1"
    owner: str | None  # class of the module that has it among its attributes
    shape: Shape
    looks: int  # backwards in whose graphs it was found
    moved: bool  # the script changes it by itself
    grad: bool  # a gradient other than 0 came to it
    held: bool  # an optimizer holds it by now
    asked: bool  # the script takes gradients with respect to it
    parameter: bool = False  # an nn.Parameter


class Training(Struct, frozen=True):
    """The order of zero_grad, backward and step, and what it did."""

    backwards: int = 0
    steps: int = 0
    backward_place: Place | None = None
    step_place: Place | None = None
    zero_grad_place: Place | None = None
    clears: int = 0  # times gradients were found cleared (None or all zero) before a backward
    stale_backwards: int = 0  # backward onto gradients that an earlier step had already used
    stale_backwards_longest: int = 0  # most of them in a row, without a clear between
    cleared_before_step: int = 0  # steps whose gradients had been cleared after the backward
    steps_without_backward: int = 0  # steps with no backward since the previous step
    steps_without_gradient: int = 0  # all gradients None or zero, for whatever reason
    backwards_per_step: float | None = None  # micro-batches in gradient accumulation
    backward_roots_cut: int = 0  # backwards whose graph reached no parameter of the network
    roots_looked_at: int = 0  # backwards
    roots_alone: int = 0  # of them, from a tensor that was compared with nothing: out.mean()
    roots_losses: int = 0  # most values of loss functions in the graph of one of them, about
    roots_against: int = 0  # backwards whose start rises where the one loss before it falls
    undefined: Undefined | None = None
    mask_slope: MaskSlope | None = None
    pulls: Pulls | None = None
    averaged: Averaged | None = None  # in the latest evaluation of such weights
    flat: tuple[str, ...] = ()  # operations without a slope, and functions of the script's own
    manual_updates: bool = False  # weights changed without an optimizer step
    hand_steps: int = 0  # of the first backwards: weights that moved before the next, by the script
    hand_steps_stale: int = 0  # of them, with the gradients they used still there at the next
    clip_calls: int = 0
    clip_place: Place | None = None
    clip_max_norm: float | None = None
    autocast_dtypes: tuple[str, ...] = ()
    grad_scaler: bool = False
    hand_trace: tuple[StepFacts, ...] = ()  # backwards of a training without an optimizer
    strays: tuple[Stray, ...] = ()
    optimizers: tuple[OptimizerFacts, ...] = ()
    schedulers: tuple[SchedulerFacts, ...] = ()
    trace: tuple[StepFacts, ...] = ()
    gradients: tuple[LayerGradients, ...] = ()

    @property
    def course(self) -> tuple[StepFacts, ...]:
        """The updates of the weights, whoever made them."""
        return self.trace or self.hand_trace

    @property
    def updates(self) -> int:
        """How many: an optimizer's steps, or the backwards of a training without one."""
        return self.steps or (self.backwards if self.hand_trace else 0)
