"""Transforms that mirror or turn, where they are written, and masks that go through others."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._places import class_of, within
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.checks.augmentation._written import written_for
from whytorch.evidence.facts import DatasetFacts, LoaderFacts, LossCalls, Redraw, SampleSet
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

MIRRORS = {"RandomHorizontalFlip", "RandomVerticalFlip", "HorizontalFlip", "VerticalFlip", "D4",
           "Transpose"}  # fmt: skip
TURN_NAMES = {"RandomRotation", "RandomAffine", "Rotate", "Affine", "RandomRotate90"}
_GEOMETRY = MIRRORS | TURN_NAMES | {"RandomCrop", "RandomResizedCrop", "RandomPerspective"}
SYMPTOMS = ("underfitting", "loss-at-chance", "evaluation-far-below-training")


def written_at(
    loader: LoaderFacts, names: list[str], source: Source | None
) -> tuple[Place | None, ...]:
    """The line of the transform itself; else that of the list; else the data set."""
    own = loader.dataset
    built = own.base_place or own.place
    if source is None:
        return (built,)
    written = written_for(source, own)
    inside = [c.place for c in source.calls if c.last in names]
    mine = [p for p in inside if written is not None and within(p, written)]
    user = class_of(source, own)
    mine += [p for p in inside if user is not None and within(p, user.place)]
    if user is not None and not inside and any(n.endswith(".__getitem__") for n in names):
        mine = _drawn_in(source, user.place)
    return (next(iter(mine or inside[:1]), None), written, built)


_DRAWS = {"rand", "randint", "randn", "randperm", "bernoulli", "random", "choice", "integers",
          "uniform", "randrange"}  # fmt: skip


def _drawn_in(source: Source, own: Place) -> list[Place]:
    """Where the items of the user's own data set are varied: its draws outside the constructor."""
    inside = [c for c in source.calls if within(c.place, own) and c.last in _DRAWS]
    return [c.place for c in inside if not c.function.endswith("__init__")]


def flipped_apart(
    loader: LoaderFacts, look: SampleSet | None, losses: LossCalls | None, source: Source | None
) -> Finding | None:
    """Image and mask go through random geometry separately, each by draws of its own."""
    redraw = look.redraw if look else None
    seen = [n for n, k in (redraw.apart if redraw else {}).items() if redraw and _mostly(k, redraw)]
    if seen and redraw is not None:
        return _seen_apart(loader, seen, redraw, source)
    if redraw is not None and redraw.mirrored_apart[0] >= max(
        ENOUGH, 0.2 * redraw.mirrored_apart[1]
    ):
        return _mirrored_apart(loader, redraw, source)
    transforms = loader.dataset.transforms
    masks = [t for t in transforms if t.random and t.on_target and t.name in _GEOMETRY]
    images = [t for t in random_ones(transforms) if t.name in _GEOMETRY]
    spatial = any(len(s.target_shape or ()) >= 3 for s in (losses.training() if losses else ()))
    if not masks or not images or not spatial or _same_draws(loader.dataset, source):
        return None
    return Finding(
        says=f"images go through random {named(images)} and their masks through random "
        f"{named(masks)}, by separate draws: a flipped image gets a mask that is not",
        places=places(*written_at(loader, [t.name for t in masks], source)),
        severity="error",
        confidence=0.85,
        measured={"image": [t.name for t in images], "mask": [t.name for t in masks]},
        explains=SYMPTOMS,
        fix=Fix(_ONCE),
    )


_ONCE = (
    "draw once for both: torchvision.transforms.v2 on (image, tv_tensors.Mask(mask)), "
    "or if random.random() < 0.5: image, mask = hflip(image), hflip(mask)"
)
ENOUGH = 4  # items


def _mostly(items: int, redraw: Redraw) -> bool:
    return items >= ENOUGH and items >= redraw.items / 2


def _seen_apart(
    loader: LoaderFacts, seen: list[str], redraw: Redraw, source: Source | None
) -> Finding:
    times = max(redraw.apart[name] for name in seen)
    listed = " and ".join(seen)
    return Finding(
        says=f"{listed} drew anew for the mask after it had drawn for the image, in {times} of "
        f"{redraw.items} samples looked at: the mask is turned or moved otherwise than its image",
        places=places(*_called_apart(loader, source), *written_at(loader, seen, source)),
        severity="error",
        confidence=0.93,
        measured={"transforms": seen, "samples": times, "of": redraw.items},
        explains=SYMPTOMS,
        fix=Fix(_ONCE),
    )


def _mirrored_apart(loader: LoaderFacts, redraw: Redraw, source: Source | None) -> Finding:
    apart, of = redraw.mirrored_apart
    own = class_of(source, loader.dataset) if source else None
    inside = [c for c in source.calls if own and within(c.place, own.place)] if source else []
    flips = [c.place for c in inside if "flip" in c.last]
    return Finding(
        says=f"of {of} samples drawn twice, {apart} came with the image mirrored and the mask not, "
        "or the reverse: the two are flipped by draws of their own",
        places=places(*flips[-1:], *flips[:1], loader.dataset.base_place, loader.dataset.place),
        severity="error",
        confidence=0.93,
        measured={"apart": apart, "of": of},
        explains=SYMPTOMS,
        fix=Fix(_ONCE),
    )


def _called_apart(loader: LoaderFacts, source: Source | None) -> list[Place]:
    """Where the data set's own class calls one and the same transform twice."""
    own = class_of(source, loader.dataset) if source else None
    if source is None or own is None:
        return []
    inside = [c for c in source.calls if within(c.place, own.place) and c.raw.startswith("self.")]
    twice = [c.place for c in inside if sum(o.raw == c.raw for o in inside) == 2]
    given = [p for p in twice if "transform" in (p.code or "") or "aug" in (p.code or "")]
    return (given or twice)[1:2]


def _same_draws(dataset: DatasetFacts, source: Source | None) -> bool:
    """The state of the generator is set before each of the two."""
    own = class_of(source, dataset) if source else None
    if source is None or own is None:
        return False
    setters = ("seed", "manual_seed", "set_rng_state", "setstate", "set_state", "seed_all")
    inside = [c for c in source.calls if c.last in setters and within(c.place, own.place)]
    return any(not c.function.endswith("__init__") for c in inside)
