"""What a rehearsal observed, as frozen facts without opinions. The types here are the vocabulary
in which a check orders evidence: `def decide(losses: LossCalls, training: Training) -> ...`.

Conventions: shapes are as torch gives them; shares are 0..1; a number that could not be measured
is None; a non-finite number is None as well, with its count in a field of its own. `place` is the
user's own line that led there, not a line of torch or of a framework.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from whytorch.records import Place

Phase = Literal["train", "eval"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class TensorStats:
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


# --- data ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DatasetFacts:
    """A data set as a loader holds it, seen through Subset, ConcatDataset and other wrappers."""

    kind: str  # class name of the outermost
    place: Place | None  # where the outermost was constructed
    length: int | None
    chain: tuple[str, ...] = ()  # class names from outermost to base
    base_place: Place | None = None
    transform: str | None = None  # repr, shortened
    normalize: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()  # (mean, std) in order
    source: str | None = None  # fingerprint of the base data: equal means the same samples
    class_counts: dict[str, int] | None = None  # from the data set's own targets, when cheap
    classes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Draw:
    """One pass over a loader: which samples came, in which order (the first 4096 of each)."""

    indices: tuple[int, ...] = ()  # into the base data set where the chain is known
    labels: tuple[int, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    complete: bool = False


@dataclass(frozen=True)
class LoaderFacts:
    id: int
    place: Place | None
    dataset: DatasetFacts
    batch_size: int | None
    sampler: str | None  # class name of the sampler
    sequential: bool | None  # the sampler is torch's SequentialSampler
    drop_last: bool
    workers: int
    batches: int | None  # len(loader)
    phases: tuple[Phase, ...] = ()  # in which its batches were used
    passes: int = 0
    draws: tuple[Draw, ...] = ()  # the first three passes


@dataclass(frozen=True)
class InputFacts:
    """Tensors that entered the trained network in one phase, and its first layer with weights."""

    phase: Phase
    model: TensorStats
    first_layer: TensorStats | None
    first_layer_name: str | None
    first_layer_kind: str | None  # e.g. Conv2d, Linear, BatchNorm2d
    place: Place | None  # where the user calls the model in this phase
    normalized_by: str | None = None  # kind of a norm layer directly behind the first layer


@dataclass(frozen=True)
class DataFlow:
    loaders: tuple[LoaderFacts, ...] = ()
    inputs: tuple[InputFacts, ...] = ()

    def entering(self, phase: Phase) -> InputFacts | None:
        """The inputs of the trained network in `phase`, or None if it saw none."""
        return next((i for i in self.inputs if i.phase == phase), None)

    def feeding(self, phase: Phase) -> tuple[LoaderFacts, ...]:
        """The loaders whose batches were used in `phase`."""
        return tuple(x for x in self.loaders if phase in x.phases)


# --- model -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ParameterFacts:
    name: str  # "features.0.weight"
    shape: Shape
    trainable: bool  # requires_grad
    in_optimizer: bool
    loaded: bool  # not fresh when first used: from a state dict, or trained in another network
    grad: Literal["unknown", "none", "zero", "nonzero"] = "unknown"  # the most it ever got
    reaches_loss: bool | None = None  # in the autograd graph of a backward
    initial_mean: float | None = None
    initial_std: float | None = None
    initial_rows_identical: bool | None = None  # every output unit starts with the same weights
    grad_rows_identical: bool | None = None  # and gets the same gradient
    changed: bool | None = None  # between the first and the last look


@dataclass(frozen=True)
class LayerFacts:
    """A module of the trained network (or one called inside it), in order of execution."""

    name: str  # "features.0"; "?" prefix if the network does not know it
    kind: str  # class name
    place: Place | None  # where it was constructed
    order: int  # of its first call in a forward pass; -1 if never called
    calls: int
    settings: dict[str, Any]  # in_features, out_channels, kernel_size, p, dim, ...
    parameters: tuple[ParameterFacts, ...] = ()  # its own, not its children's
    registered: bool = True  # the trained network's parameters()/modules() include it
    created_in_forward: bool = False  # constructed anew in the forward pass, every pass
    from_library: bool = False  # put together by an installed package, as in resnet18()
    in_shape: Shape | None = None
    out_shape: Shape | None = None
    output_reaches_loss: bool | None = None
    out_mean: float | None = None  # of its output at the first forward pass
    out_std: float | None = None
    out_std_last: float | None = None  # at the last pass looked at
    call_place: Place | None = None  # where the user's code calls it


@dataclass(frozen=True)
class Companion:
    """Another network that got gradients: an encoder called by itself, a loss with weights."""

    kind: str
    place: Place | None
    call_place: Place | None
    trainable: int  # numbers in its parameters that got a gradient
    left_out: int  # of them, in no optimizer, never changed, and not loaded
    from_library: bool = False
    user_defined: bool = True
    train_mode: bool | None = None  # its own flag when gradients came; None: mixed


@dataclass(frozen=True)
class Network:
    """The trained network: the one whose parameters the loss reaches or the optimizer holds."""

    kind: str
    place: Place | None
    layers: tuple[LayerFacts, ...]
    call_place: Place | None = None
    output_shape: Shape | None = None
    user_defined: bool = True  # its class is in the user's own files
    loaded: bool = False  # any of its weights was not fresh when first used
    companions: tuple[Companion, ...] = ()

    def parameters(self) -> tuple[ParameterFacts, ...]:
        return tuple(p for layer in self.layers for p in layer.parameters)


@dataclass(frozen=True)
class ReluFacts:
    """One ReLU-like activation: how many units never fired on any sample seen in a window."""

    name: str  # module name, or "relu #3 in Net.forward"
    place: Place | None
    units: int
    dead_at_start: int | None  # over the first forward passes, before any step
    samples_at_start: int
    dead_at_end: int | None  # over the latest passes
    samples_at_end: int


@dataclass(frozen=True)
class SaturationFacts:
    """One sigmoid or tanh: the share of its outputs that lie where the slope has gone."""

    name: str  # "tanh #2", in order of execution
    function: Literal["sigmoid", "tanh"]
    place: Place | None
    share_at_start: float
    share_at_end: float


@dataclass(frozen=True)
class Activations:
    relus: tuple[ReluFacts, ...] = ()
    saturation: tuple[SaturationFacts, ...] = ()


# --- loss ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LossSite:
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
    options: dict[str, Any] = field(default_factory=dict)  # ignore_index, reduction, weight, ...
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
    first_value: float | None = None
    last_value: float | None = None
    connected: bool | None = None  # input requires grad (None: only called without grad mode)
    from_model: bool | None = None  # the input is, or was computed by autograd from, model output
    graph: tuple[str, ...] = ()  # autograd nodes behind the input, nearest first
    graph_dims: tuple[int | None, ...] = ()  # the dim of softmax nodes in `graph`, else None
    graph_shapes: tuple[Shape | None, ...] = ()  # the shape of what these made, else None
    raised: str | None = None  # the error, if a call failed (shapes above are that call's)


@dataclass(frozen=True)
class LossCalls:
    sites: tuple[LossSite, ...] = ()

    def training(self) -> tuple[LossSite, ...]:
        return tuple(s for s in self.sites if s.phase == "train")


# --- optimization ----------------------------------------------------------------------------


@dataclass(frozen=True)
class StepFacts:
    """One optimizer step; kept densely at first, then ever more sparsely."""

    index: int  # counts from 0
    loss: float | None  # of the last backward before it; None if non-finite or unknown
    loss_finite: bool
    lr: float | None
    seconds: float  # since the start of the run
    train_mode: bool | None = None
    grad_norm: float | None = None
    update_ratio: float | None = None  # |change of weights| / |weights|, whole network
    batch: int | None = None  # samples
    accuracy: float | None = None  # of this batch's predictions, before the step
    pass_index: int | None = None


@dataclass(frozen=True)
class GroupFacts:
    lr: float | None
    momentum: float | None
    weight_decay: float | None
    parameters: int  # tensors
    trained_parameters: int  # tensors of it that belong to the trained network


@dataclass(frozen=True)
class OptimizerFacts:
    kind: str
    place: Place | None  # where it was constructed
    groups: tuple[GroupFacts, ...]
    steps: int
    step_place: Place | None
    zero_grad_calls: int = 0
    stale_steps: int = 0  # with gradients added to ones that an earlier step of it had used


@dataclass(frozen=True)
class SchedulerFacts:
    kind: str
    place: Place | None
    steps: int
    step_place: Place | None
    before_optimizer: bool = False  # stepped before the first optimizer step
    lr_history: tuple[tuple[int, float], ...] = ()  # (optimizer step, lr) at its changes


@dataclass(frozen=True)
class LayerGradients:
    """Gradient norm of one layer's parameters at the steps looked at."""

    layer: str
    norms: tuple[tuple[int, float | None], ...] = ()  # (step, norm)


@dataclass(frozen=True)
class Training:
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
    manual_updates: bool = False  # weights changed without an optimizer step
    clip_calls: int = 0
    clip_place: Place | None = None
    clip_max_norm: float | None = None
    autocast_dtypes: tuple[str, ...] = ()
    grad_scaler: bool = False
    optimizers: tuple[OptimizerFacts, ...] = ()
    schedulers: tuple[SchedulerFacts, ...] = ()
    trace: tuple[StepFacts, ...] = ()
    gradients: tuple[LayerGradients, ...] = ()


# --- phases ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassScores:
    """How one class fares: 0 where nothing was predicted or nothing was there (as scikit-learn)."""

    index: int
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class PassFacts:
    """A stretch of consecutive batches in one phase: an epoch's training, a validation, a test."""

    index: int
    phase: Phase
    loader: int | None  # LoaderFacts.id, None for plain batches
    place: Place | None  # where the user calls the model
    batches: int
    samples: int
    planned_batches: int | None  # len(loader)
    shortened: bool  # ended early by the time-lapse
    steps: int  # optimizer steps inside
    first_step: int  # optimizer steps before it
    grad_enabled: bool | None  # None: mixed
    train_mode: bool | None  # the network's own flag; None: mixed
    active_dropout: int = 0  # dropout layers in training mode with p > 0, or calls that dropped
    active_batchnorm: int = 0  # batch norm layers that used batch statistics
    outputs_used: bool | None = None  # predictions were compared or a loss was computed
    correct: int | None = None
    counted: int | None = None  # samples with a known target
    batch_accuracies_mean: float | None = None
    matching_pairs: int | None = None  # of all predictions and labels in a batch, if each met each
    last_batch: tuple[int, int] | None = None  # (samples, correct)
    batch_size: int | None = None  # of the first batch
    dataset_length: int | None = None
    mean_loss: float | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None  # [target][predicted], to 100 classes
    seen_in_training: float | None = None  # share of samples that were also trained on
    seen_in_training_by: Literal["index", "content"] | None = None
    data_source: str | None = None  # DatasetFacts.source
    seconds: float | None = None
    callers: tuple[Place, ...] = ()  # the user's lines behind its first call, innermost first
    inputs: TensorStats | None = None  # of the tensors that entered the network in this pass
    batch_classes_mean: float | None = None  # distinct targets a batch
    interleaved: bool = False  # an evaluation pass between whose batches the optimizer stepped
    repeated_share: float | None = None  # of an evaluation's samples: came before in the same pass
    new_samples: int | None = None  # of a training pass: samples not trained on before it

    def per_class(self) -> tuple[ClassScores, ...]:
        """Precision, recall and F1 of each class, from the confusion matrix."""
        matrix = self.confusion or ()
        scores = []
        for index, row in enumerate(matrix):
            right, support = row[index], sum(row)
            predicted = sum(other[index] for other in matrix)
            precision = right / predicted if predicted else 0.0
            recall = right / support if support else 0.0
            total = precision + recall
            f1 = 2 * precision * recall / total if total else 0.0
            scores.append(ClassScores(index, support, precision, recall, f1))
        return tuple(scores)

    @property
    def accuracy(self) -> float | None:
        """True accuracy over the samples of this pass, 0..1."""
        return self.correct / self.counted if self.counted and self.correct is not None else None


@dataclass(frozen=True)
class PrintedLine:
    text: str
    place: Place | None
    numbers: tuple[float, ...]
    after_pass: int  # index of the pass that was the latest when it was printed; -1: none
    step: int  # optimizer steps so far


@dataclass(frozen=True)
class EvalCall:
    """A call of eval() on a module with layers in it."""

    step: int  # optimizer steps so far
    place: Place | None


@dataclass(frozen=True)
class Passes:
    passes: tuple[PassFacts, ...] = ()
    printed: tuple[PrintedLine, ...] = ()
    eval_calls: tuple[EvalCall, ...] = ()  # the first 200
    others: tuple[PassFacts, ...] = ()  # of other networks: a teacher, a generator, an average

    def of(self, phase: Phase) -> tuple[PassFacts, ...]:
        return tuple(p for p in self.passes if p.phase == phase)


# --- the run ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class TensorAtCrash:
    name: str
    shape: Shape
    dtype: str
    device: str


@dataclass(frozen=True)
class LayerAtCrash:
    name: str
    kind: str
    place: Place | None  # where it was constructed
    settings: dict[str, Any]
    in_shapes: tuple[Shape, ...]
    in_dtypes: tuple[str, ...]


@dataclass(frozen=True)
class CrashFacts:
    """The exception that ended the script. `frames` are the user's own, outermost first."""

    type: str
    message: str
    frames: tuple[Place, ...]
    functions: tuple[str, ...]  # names of the functions of `frames`
    during: str  # import, data, forward, loss, backward, step, other
    layers: tuple[LayerAtCrash, ...] = ()  # innermost last: the modules that were being called
    tensors: tuple[TensorAtCrash, ...] = ()  # locals of the innermost user frame
    traceback: str = ""  # cut to the user's frames
    loss_function: str | None = None  # the loss that was being computed
    grad_nodes: tuple[str, ...] = ()  # nodes named in the message (in-place errors)


@dataclass(frozen=True)
class Run:
    """The rehearsal as a whole."""

    exit: Literal[
        "finished", "crashed", "exited", "stopped", "killed", "timeout", "interrupted", "no-torch"
    ]
    exit_code: int | None = None
    message: str | None = None  # with which the script ended itself
    seconds: float = 0.0  # of the script's own time
    steps: int = 0
    backwards: int = 0
    epochs: int = 0  # training passes begun
    shortened: bool = False
    shortened_says: str = ""
    reached_end: bool = False  # the script's last line was reached
    torch_version: str | None = None
    device: str | None = None
    imported_torch: bool = False
    wrote: tuple[str, ...] = ()  # files the script wrote (they went to the scratch folder)
    changed: tuple[str, ...] = ()  # files that were changed all the same
    faults: tuple[str, ...] = ()  # of the recorder itself
    crash: CrashFacts | None = None
    seed_set: bool | None = None  # torch.manual_seed was called
    output_tail: str = ""  # last lines the script printed
    classification: bool | None = None  # None: unknown; integer class targets were seen
    classes: int | None = None
