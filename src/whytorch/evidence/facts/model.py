"""The trained network: its layers, its parameters, its activations."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from whytorch.evidence.facts.basics import Shape
from whytorch.evidence.facts.regularization import DropoutFacts, NormFacts
from whytorch.records import Place


class ParameterFacts(Struct, frozen=True):
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


class LayerFacts(Struct, frozen=True):
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
    # Of a recurrent or attention layer: calls on [., ., features] where it is known which dimension
    # holds the samples, and those in which it took them for the steps of a sequence.
    sequences: int = 0
    over_samples: int = 0


class Companion(Struct, frozen=True):
    """Another network that got gradients: an encoder called by itself, a loss with weights."""

    kind: str
    place: Place | None
    call_place: Place | None
    trainable: int  # numbers in its parameters that got a gradient
    left_out: int  # of them, in no optimizer, never changed, and not loaded
    from_library: bool = False
    user_defined: bool = True
    train_mode: bool | None = None  # its own flag when gradients came; None: mixed


class OutputFacts(Struct, frozen=True):
    """One of the tensors that the network returns in training, in their order."""

    shape: Shape
    reaches_loss: bool


class Misnamed(Struct, frozen=True):
    """An attribute that looks like requires_grad, set where nobody reads it."""

    owner: Literal["module", "parameter"]
    name: str  # of the module or parameter
    attribute: str
    value: bool


class Network(Struct, frozen=True):
    """The trained network: the one whose parameters the loss reaches or the optimizer holds."""

    kind: str
    place: Place | None
    layers: tuple[LayerFacts, ...]
    call_place: Place | None = None
    output_shape: Shape | None = None
    user_defined: bool = True  # its class is in the user's own files
    loaded: bool = False  # any of its weights was not fresh when first used
    companions: tuple[Companion, ...] = ()
    misnamed: tuple[Misnamed, ...] = ()
    frozen_but_moved: tuple[str, ...] = ()  # parameters a step changed after they were frozen
    freezes: tuple[Place, ...] = ()  # where weights were switched to need no gradient
    walks: tuple[Place, ...] = ()  # where the user's code called its named_parameters()
    # Of its first training calls, from the autograd graph behind what it returned:
    operations: dict[str, int] = {}  # "Addmm", "Relu" -> times
    bending: int | None = None  # operations that may be non-linear; 0: all of it is linear
    linear_pairs: tuple[tuple[str, str], ...] = ()  # linear and conv layers, nothing bends between
    softmax_over_samples: tuple[Shape, ...] = ()  # of softmaxes inside that run along dimension 0
    torn: tuple[tuple[Shape, Shape], ...] = ()  # views [N, C, H, W] -> [N, H * W, C], and back
    softmax_over_heads: tuple[Shape, ...] = ()  # of products [N, heads, places, places], along 1
    outputs: tuple[OutputFacts, ...] = ()
    output_kind: str | None = None  # "Tensor", "tuple", "InceptionOutputs": of its last call
    returned: tuple[str, ...] = ()  # layers whose output is in what it returns
    dropouts: tuple[DropoutFacts, ...] = ()
    norms: tuple[NormFacts, ...] = ()  # BatchNorm layers in order of execution

    def parameters(self) -> tuple[ParameterFacts, ...]:
        return tuple(p for layer in self.layers for p in layer.parameters)


class ReluFacts(Struct, frozen=True):
    """One ReLU-like activation: how many units never fired on any sample seen in a window."""

    name: str  # module name, or "relu #3 in Net.forward"
    place: Place | None
    units: int
    dead_at_start: int | None  # over the first forward passes, before any step
    samples_at_start: int
    dead_at_end: int | None  # over the latest passes
    samples_at_end: int


class SaturationFacts(Struct, frozen=True):
    """One sigmoid or tanh: the share of its outputs that lie where the slope has gone."""

    name: str  # "tanh #2", in order of execution
    function: Literal["sigmoid", "tanh"]
    place: Place | None
    share_at_start: float
    share_at_end: float


class Activations(Struct, frozen=True):
    relus: tuple[ReluFacts, ...] = ()
    saturation: tuple[SaturationFacts, ...] = ()
