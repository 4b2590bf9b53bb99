"""Data sets, loaders, and the tensors that entered the network."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from whytorch.evidence.facts.basics import Phase, TensorStats
from whytorch.records import Place


class TransformFacts(Struct, frozen=True):
    """One transform, taken out of Compose and other containers."""

    name: str  # class name, function name, "lambda", or "Digits.__getitem__"
    random: bool  # draws random numbers, by a library's naming or by the code of the user's own
    settings: dict[str, Any] = {}  # p, degrees, size, ...
    user: bool = False  # the user's own code: whether it draws every time is not known
    on_target: bool = False  # a target_transform
    draws_from: tuple[str, ...] = ()  # torch, numpy, python, own (a generator of its own)


class TransformSet(Struct, frozen=True):
    """A transform given to a data set: by its constructor (in it: the first), or later."""

    number: int | None  # the same for the same object; None: no transform
    place: Place | None
    transforms: tuple[TransformFacts, ...] = ()


class DatasetFacts(Struct, frozen=True):
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
    class_to_idx: dict[str, int] | None = None
    transforms: tuple[TransformFacts, ...] = ()  # of all data sets of the chain
    base: int | None = None  # number of the base data set: the same for the same object
    transform_number: int | None = None  # of the base's transform when first drawn from
    transforms_set: tuple[TransformSet, ...] = ()  # all that the base was given, in order
    generators: tuple[str, ...] = ()  # random generators it carries: "Digits.rng"


class Draw(Struct, frozen=True):
    """One pass over a loader: which samples came, in which order (the first 4096 of each)."""

    indices: tuple[int, ...] = ()  # into the base data set where the chain is known
    labels: tuple[int, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    complete: bool = False


class SamplerFacts(Struct, frozen=True):
    """What one of torch's own samplers was told to draw."""

    kind: str
    place: Place | None  # where it was constructed
    draws: int | None  # samples a pass
    replacement: bool | None = None
    weights: int | None = None  # how many
    equal_weights: bool | None = None
    zero_weights: int | None = None
    indices: int | None = None  # how many it may draw, of a SubsetRandomSampler
    distinct_indices: int | None = None


class LoaderFacts(Struct, frozen=True):
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
    # worker_init_fn: "constant" seeds all workers alike, "varies", "none" seeds nothing
    worker_seeding: Literal["constant", "varies", "none"] | None = None
    seeded: tuple[str, ...] = ()  # by it: torch, numpy, python
    sampling: SamplerFacts | None = None


class InputFacts(Struct, frozen=True):
    """Tensors that entered the trained network in one phase, and its first layer with weights."""

    phase: Phase
    model: TensorStats
    first_layer: TensorStats | None
    first_layer_name: str | None
    first_layer_kind: str | None  # e.g. Conv2d, Linear, BatchNorm2d
    place: Place | None  # where the user calls the model in this phase
    normalized_by: str | None = None  # kind of a norm layer directly behind the first layer
    made: bool = False  # by something with weights in front: features, no data
    order_kept: bool | None = None  # images given [N, H, W, 3], taken [N, 3, H, W]: True where the
    # numbers stand in the order they came in (a reshape), False where they were permuted. Of tokens
    # [N, C*p*p]: True where none of them is a square of the image, False where all are


class DataFlow(Struct, frozen=True):
    loaders: tuple[LoaderFacts, ...] = ()
    inputs: tuple[InputFacts, ...] = ()

    def entering(self, phase: Phase) -> InputFacts | None:
        """The inputs of the trained network in `phase`, or None if it saw none."""
        return next((i for i in self.inputs if i.phase == phase), None)

    def feeding(self, phase: Phase) -> tuple[LoaderFacts, ...]:
        """The loaders whose batches were used in `phase`."""
        return tuple(x for x in self.loaders if phase in x.phases)
