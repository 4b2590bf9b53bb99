"""What a look at the data themselves says: samples drawn from the script's own data sets after the
script has ended, or kept from the batches that entered the network."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from whytorch.evidence.facts.basics import Phase, Shape
from whytorch.records import Place


class ImageStats(Struct, frozen=True):
    """Numbers over images (or flat vectors) of one kind, pooled over `samples`."""

    samples: int
    shape: Shape | None = None  # the most frequent: (C, H, W), or (length,) for flat vectors
    shapes: int = 1  # how many different ones
    dtype: str = ""  # as the item had it: uint8, float32, "PIL RGB"
    minimum: float | None = None
    maximum: float | None = None
    channel_mean: tuple[float | None, ...] = ()
    channel_std: tuple[float | None, ...] = ()
    mean_spread: tuple[float | None, ...] = ()  # deviation of the images' own channel means
    ends_spread: float | None = None  # deviation of an image's mean red less its mean blue
    contrast: float | None = None  # median of the images' own standard deviations
    sharpness: float | None = None  # median of Laplacian variance / variance
    sharpness_spread: float | None = None
    colour: float | None = None  # mean distance between channels at a pixel, in ranges; 0: grey
    blank_share: float = 0.0  # images whose pixels are all the same
    nonfinite_share: float = 0.0  # images with NaN or infinity
    integral_share: float = 0.0  # images of whole numbers only
    levels: float | None = None  # median number of different values in an image
    wrapped_share: float = 0.0  # images with jumps over the whole range between inner neighbours
    along_rows: float | None = None  # correlation of horizontal neighbours within a channel plane
    scrambled: float | None = None  # of a few whole images, the lesser of rows and columns
    unscrambled: float | None = None  # of these, read as (H, W, C) or undoing that


class Doubt(Struct, frozen=True):
    """A sample whose nearest neighbours agree on another label than its own."""

    index: int  # into the data set as its loader holds it, or its place among the kept
    label: int
    neighbours: int  # the label that they agree on
    votes: int  # of `of`
    of: int


class Neighbours(Struct, frozen=True):
    """Nearest neighbours by pixels, shrunk to 16 x 16 at most, leaving the sample itself out."""

    samples: int  # whose neighbour was looked up
    among: int
    agreement: float | None = None  # share whose nearest neighbour has the same label
    chance: float | None = None  # of two samples by chance
    confusion: dict[str, dict[str, int]] = {}  # own -> neighbour's -> n
    doubts: tuple[Doubt, ...] = ()  # the most suspicious first, 30 at most
    doubtful: int = 0  # how many there are


class Blended(Struct, frozen=True):
    """Of masks of class numbers: how one class goes over into another."""

    masks: int
    jumps: int  # neighbouring pixels whose numbers differ by two or more
    ramps: int  # three pixels in a line that rise or fall from one to the next
    # class -> (masks in which it is an area, masks in which it is nothing but the rim between a
    # lower and a higher number), of those that are both
    classes: dict[str, tuple[int, int]] = {}


class Outlined(Struct, frozen=True):
    """Of pairs of image and mask: for how many the own mask fits better than most others do."""

    pairs: int
    edges: int  # along its rim the image is steeper
    contrast: int  # its inside is further from its outside


class Redraw(Struct, frozen=True):
    """The same items asked for twice: the difference is random augmentation."""

    items: int
    differing: int  # items whose second image was another one
    difference: float | None = None  # median over these: RMS difference / deviation of the pixels
    labels_differing: int = 0
    moved: tuple[int, ...] = ()  # numbers of a target that are others where the image is mirrored
    unmoved: int = 0  # mirrored images whose target of several numbers stayed the same
    # How the second differs from the first, times: flip, flip-vertical, rotation, shift, colour,
    # patch, other. An item counts once, as the first that fits.
    kinds: dict[str, int] = {}
    shapes_differing: int = 0
    # Items whose image and whose mask went through a random transform of this name by separate
    # draws.
    apart: dict[str, int] = {}
    mirrored_apart: tuple[int, int] = (0, 0)  # items with image and mask flipped otherwise, of
    blended: Blended | None = None
    outlined: Outlined | None = None
    # Items, asked for twice, that came the same in all their parts though random numbers were drawn
    # for them each time; 0 if any came otherwise.
    in_vain: int = 0


class SampleSet(Struct, frozen=True):
    """One data set, or the kept inputs of one phase. `drawn` is what `__getitem__` gives (or what
    entered the network), `raw` the stored image before transforms, where it can be had."""

    id: int
    phases: tuple[Phase, ...]  # in which its batches were used
    origin: Literal["dataset", "batches"]
    loader: int | None = None  # LoaderFacts.id
    kind: str | None = None  # class name of the data set
    place: Place | None = None  # where the data set was constructed; of batches: the model's call
    source: str | None = None  # DatasetFacts.source
    length: int | None = None
    looked_at: int = 0
    failed: int = 0  # items whose drawing raised
    error: str | None = None  # the first of these
    stopped: bool = False  # time was up
    drawn: ImageStats | None = None
    raw: ImageStats | None = None
    raw_sides: tuple[int, int, int] | None = None  # shorter side: smallest, median, largest
    same_as_raw: bool | None = None  # the drawn pixels are the stored ones, at most scaled
    class_counts: dict[str, int] | None = None  # over what was looked at
    transforms: int = 0  # attributes that hold a transform, along the chain of data sets
    redraw: Redraw | None = None
    neighbours: Neighbours | None = None  # on raw images where there are any
    neighbours_drawn: Neighbours | None = None  # drawn (augmented) against raw of other samples
    # Correlation of neighbouring pixels, the lesser of rows and columns: as the array of all images
    # is read, one a row, and if the images lie along its last dimension instead.
    images_first: float | None = None
    images_last: float | None = None
    repeated: int = 0  # samples identical to an earlier one of the same set
    distinct: int = 0


class Twins(Struct, frozen=True):
    """Images of evaluation that are in training too, by content."""

    compared: int  # images of evaluation
    among: int  # images of training
    complete: bool  # these are all that training has
    identical: int = 0
    near: int = 0  # not identical, but at a twentieth of `usual_distance` or nearer
    # 1 - correlation of the shrunken pictures: the median distance of training images to the
    # nearest of another label. None where labels are unknown: no near twins are looked for then.
    usual_distance: float | None = None
    # Over the whole of both sets, where the images lie in arrays or files and time was enough.
    all_compared: int | None = None
    all_among: int | None = None
    all_identical: int | None = None
    examples: tuple[tuple[int, int], ...] = ()  # (index in evaluation, index in training)


class Reordered(Struct, frozen=True):
    """Two numbers of a target (keypoints, a box): in evaluation the one lies below the other."""

    one: int
    other: int
    in_training: float  # share of the drawn samples where it does, 0..1
    in_evaluation: float
    numbers: int  # of a target


class Sided(Struct, frozen=True):
    """A number of a target that, in evaluation, says on which side of the image something is."""

    number: int
    kind: Literal["flip", "flip-vertical"]  # what takes the side to the other one
    odd: float  # share of its variance told by what is mirrored into its opposite
    even: float  # and by what stays as it is


class SplitPair(Struct, frozen=True):
    """A training set against an evaluation set (ids of `SampleSet`)."""

    train: int
    eval: int
    twins: Twins | None = None
    neighbours: Neighbours | None = None  # of evaluation images among those of training
    # Of training images among those of evaluation, where only images as drawn could be had.
    drawn: Neighbours | None = None
    shared_indices: float | None = None  # share of evaluation samples that training draws too
    samples: tuple[int, int] = (0, 0)
    reordered: Reordered | None = None
    sided: tuple[Sided, ...] = ()


class Handed(Struct, frozen=True):
    """What a script did, in one phase, to batches between their loader and the network."""

    batches: int  # that could be traced
    images: int  # of these batches, compared one by one
    # What became of them, times: same, scaled (in each channel, times something, plus something),
    # inverted, channels (red and blue exchanged), flip, flip-vertical, rotation (by 90, 180 or 270
    # degrees), blanked (all pixels the same), resized, other.
    changes: dict[str, int] = {}
    difference: float | None = None  # median over "other": RMS difference / deviation of the pixels
    paired: int = 0  # batches whose images can be told apart, and whose labels a loss was given
    astray: int = 0  # of them, those where the very labels of the batch went with other images
    # Images as they entered, with the labels that the loss was given, among those of the loader's
    # data set, as stored where that is known.
    neighbours: Neighbours | None = None
    before: Neighbours | None = None  # these among themselves

    def share(self, *changes: str) -> float:
        """Of the images compared, those changed in one of these ways."""
        return sum(self.changes.get(c, 0) for c in changes) / max(1, self.images)


class Samples(Struct, frozen=True):
    sets: tuple[SampleSet, ...] = ()
    pairs: tuple[SplitPair, ...] = ()
    entering: dict[Phase, ImageStats] = {}  # samples as networks got them
    handed: dict[Phase, Handed] = {}
    seconds: float = 0.0

    def get(self, id: int) -> SampleSet | None:
        return next((s for s in self.sets if s.id == id), None)

    def of(self, phase: Phase) -> tuple[SampleSet, ...]:
        """The sets whose batches were used in `phase`."""
        return tuple(s for s in self.sets if phase in s.phases)
