"""The augmentation changes what the label says.

What it looks for
    Digits and characters that are mirrored, or turned by 90 degrees and more. Augmented training
    images of one class that look like another class, and the reverse (left and right, up and down),
    where the stored images do not, or that the network knows no better than a coin, and all others.
    Masks that are flipped by a draw of their own, not by that of their image. Keypoints and boxes
    that are not mirrored with their images, or whose left and right ones are not exchanged then.

Why it hurts
    The label stays while the image becomes another thing: a mirrored 2 is no 2, an arrow to the
    left becomes one to the right. The network is taught contradictions, and spends its capacity on
    images that never come.

How to fix it
    Leave out the transform that destroys the label; small rotations and shifts are safe for digits.
    Apply one and the same flip to an image and its mask: torchvision.transforms.v2 does it for
    both together.

When it is fine
    Flips of photographs and clothes (CIFAR, FashionMNIST), where mirrored things keep their name.
    Rotation as the task itself.

References
    C. Shorten and T. M. Khoshgoftaar, A survey on image data augmentation for deep learning (2019),
    "safety".
"""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.checks._handed import handed, loop_place
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._repairs import own_change, without_transforms
from whytorch.checks._rewriting import told
from whytorch.checks.augmentation import _mirrored_targets, _one_by_the_other
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.checks.augmentation._geometry import (
    MIRRORS,
    SYMPTOMS,
    TURN_NAMES,
    flipped_apart,
    written_at,
)
from whytorch.checks.augmentation._written import is_random, random_parts
from whytorch.evidence.facts import (
    DataFlow,
    DatasetFacts,
    Handed,
    LoaderFacts,
    LossCalls,
    Neighbours,
    Passes,
    Run,
    Samples,
    SampleSet,
    Training,
    TransformFacts,
)
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place

_CHARACTERS = {"MNIST", "QMNIST", "KMNIST", "EMNIST", "SVHN", "USPS", "Omniglot"}
QUARTER = 90.0  # degrees; from there on 6 becomes 9, N becomes Z
TURNS = ("flip", "flip-vertical", "rotation")
TURNED = 0.15  # of the images; those that look the same when turned do not count
# Mirrored half of the time, half of a class look like its mirror class. Between these shares and
# those of stored images lies nothing that blurring or cropping would do to both classes alike.
SWAPPED, BEFORE = 0.3, 0.1
ENOUGH_OF_A_CLASS = 12


def decide(
    data: DataFlow,
    run: Run,
    samples: Samples | None,
    passes: Passes | None,
    training: Training | None,
    losses: LossCalls | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    trained = data.feeding("train")
    if not trained:
        return NotJudged("needs a training loader")
    inside = _turned_in_the_loop(samples)
    for loader in trained:
        if found := flipped_apart(loader, _look(loader, samples), losses, source):
            return [found]
        if found := _mirrored_targets.decide(loader, _look(loader, samples), samples, source):
            return [found]
        if run.classification is not True:
            continue
        outcome = learning(run, losses, training, passes)
        look = _look(loader, samples)
        if look and (pair := _mirrored_classes(look, samples)) and not outcome.works:
            return [_swapped(loader, look, pair, outcome.failed, source)]
        if found := _one_by_the_other.decide(loader, data, passes, source):
            return [found]
        if _of_characters(loader.dataset, run, source):
            if inside is not None:
                where = loop_place(source, passes, "train")
                return [_in_the_loop(loader, inside, where, outcome)]
            hit = [t for t in _wild(loader.dataset, look) if not _in_the_task(t, data, samples)]
            if hit:
                return [_characters(loader, look, hit, outcome.works, outcome.reached(), source)]
    return []


def _look(loader: LoaderFacts, samples: Samples | None) -> SampleSet | None:
    return next((s for s in samples.sets if s.loader == loader.id), None) if samples else None


# --- digits and characters --------------------------------------------------------------------


def _of_characters(dataset: DatasetFacts, run: Run, source: Source | None) -> bool:
    """By the class of the data set, the names of its classes, or where the script takes it from."""
    if (run.classes or 0) < 5:
        return False
    if dataset.chain and dataset.chain[-1] in _CHARACTERS:
        return True
    names = dataset.classes or ()
    if len(names) >= 5 and all(re.fullmatch(r"\w|\d - \w+", n) for n in names):
        return not all(n.isdigit() and int(n) > 9 for n in names)
    return source is not None and _only_digits(source)


def _only_digits(source: Source) -> bool:
    """scikit-learn's digits, and no other data beside them."""
    if not source.calls_to("sklearn.datasets.load_digits"):
        return False
    others = [c for c in source.calls if c.name.startswith(("torchvision.datasets.", "datasets."))]
    return not others and len(source.calls_to("*.load_digits")) >= 1


def _wild(dataset: DatasetFacts, look: SampleSet | None) -> list[TransformFacts]:
    """The transforms that mirror, or turn by a quarter and more."""
    drawing = random_ones(dataset.transforms)
    known = [t for t in drawing if not t.user and (t.name in MIRRORS or _turn(t) >= QUARTER)]
    if known:
        return known
    redraw = look.redraw if look else None
    if redraw is None or not redraw.differing:
        return []
    flips = sum(redraw.kinds.get(kind, 0) for kind in TURNS)
    return [t for t in drawing if t.user][:1] if flips >= max(4, 0.15 * redraw.items) else []


def _turned_in_the_loop(samples: Samples | None) -> Handed | None:
    """Batches that the training loop turns, not all of them alike, and the evaluation does not."""
    train, evaluation = handed(samples, "train"), handed(samples, "eval")
    if train is None or train.share(*TURNS) < TURNED or max(map(train.share, TURNS)) > 0.95:
        return None
    if evaluation is not None and evaluation.share(*TURNS) > TURNED / 2:
        return None  # what is to be learned
    return train


def _in_the_loop(
    loader: LoaderFacts, seen: Handed, where: Place | None, outcome: Learning
) -> Finding:
    how = ", ".join(f"{kind} {seen.changes[kind]}" for kind in TURNS if kind in seen.changes)
    return Finding(
        says=f"the training images are {_kind(loader.dataset)}, and the training loop mirrors or "
        f"turns them by a quarter or more ({how} of {seen.images} images): a mirrored or turned "
        f"character is another one, or none{outcome.reached()}",
        places=places(where),
        severity="warning",
        confidence=0.8 if outcome.works else 0.88,
        measured={"changes": dict(seen.changes), "works": outcome.works},
        explains=SYMPTOMS if not outcome.works else (),
        fix=Fix("leave this out of the loop; small shifts and turns of 10 degrees keep the labels "
                "right"),
    )  # fmt: skip


def _kind(own: DatasetFacts) -> str:
    return own.chain[-1] if own.chain and own.chain[-1] in _CHARACTERS else "digits"


def _turn(one: TransformFacts) -> float:
    if one.name == "RandomRotate90":
        return QUARTER
    degrees = one.settings.get("degrees", one.settings.get("limit"))
    values = degrees if isinstance(degrees, (list, tuple)) else [degrees]
    known = [abs(float(v)) for v in values if isinstance(v, (int, float))]
    return max(known, default=0.0) if one.name in TURN_NAMES else 0.0


def _in_the_task(one: TransformFacts, data: DataFlow, samples: Samples | None) -> bool:
    """Evaluated on turned images as well: rotation is what is to be learned."""
    if one.user:
        drawn = [s.redraw for s in (samples.of("eval") if samples else ()) if s.redraw]
        return any(sum(r.kinds.get(k, 0) for k in TURNS) >= TURNED / 2 * r.items for r in drawn)
    tested = [t for x in data.feeding("eval") for t in random_ones(x.dataset.transforms)]
    return one.name in TURN_NAMES and any(t.name == one.name for t in tested)


def _characters(
    loader: LoaderFacts,
    look: SampleSet | None,
    hit: list[TransformFacts],
    works: bool,
    reached: str,
    source: Source | None,
) -> Finding:
    how = ", ".join(_how(t) for t in hit)
    return Finding(
        says=f"the training images are {_kind(loader.dataset)}, and {how}: a mirrored or turned "
        f"character is another one, or none{reached}",
        places=places(*written_at(loader, [t.name for t in hit], source)),
        severity="warning",
        confidence=0.8 if works else 0.88,
        measured={"transforms": [t.name for t in hit], "works": works,
                  "redraw": dict(look.redraw.kinds) if look and look.redraw else {}},
        explains=SYMPTOMS if not works else (),
        fix=Fix(f"leave {named(hit)} out; RandomAffine(degrees=10, translate=(0.1, 0.1)) keeps "
                "the labels right"),
    )  # fmt: skip


def _how(one: TransformFacts) -> str:
    if one.name in TURN_NAMES:
        return f"{one.name} turns them by up to {_turn(one):.0f} degrees"
    p = one.settings.get("p")
    return f"{one.name} mirrors them" + (f" with p={p}" if isinstance(p, float) else "")


# --- classes that become each other -----------------------------------------------------------


class _Pair(Struct, frozen=True):
    one: str
    other: str
    share: float  # of the augmented images that look like the other class
    before: float  # of the stored ones


def _mirrored_classes(look: SampleSet, samples: Samples | None) -> _Pair | None:
    """Two classes whose augmented images look like each other's, as a mirror makes them."""
    drawn, raw, redraw = look.neighbours_drawn, look.neighbours, look.redraw
    if drawn is None and samples is not None:
        drawn, raw = _among_held_out(look, samples)
    if drawn is None or raw is None or redraw is None or not redraw.differing:
        return None
    mirrored = sum(redraw.kinds.get(k, 0) for k in TURNS)
    if mirrored < 0.25 * redraw.differing:
        return None
    for one in drawn.confusion:
        for other in drawn.confusion:
            after = min(_taken(drawn, one, other), _taken(drawn, other, one))
            before = max(_taken(raw, one, other), _taken(raw, other, one))
            if one < other and after >= SWAPPED and before <= BEFORE:
                return _Pair(one, other, after, before)
    return None


def _among_held_out(
    look: SampleSet, samples: Samples
) -> tuple[Neighbours | None, Neighbours | None]:
    """The augmented images among evaluation's, which always come alike, and these by themselves."""
    for pair in samples.pairs:
        held = next((s for s in samples.sets if s.id == pair.eval), None)
        alike = held is not None and held.redraw is not None and not held.redraw.differing
        if pair.train == look.id and pair.drawn is not None and held is not None and alike:
            return pair.drawn, held.neighbours
    return None, None


def _taken(found: Neighbours, own: str, other: str) -> float:
    row = found.confusion.get(own, {})
    total = sum(row.values())
    return row.get(other, 0) / total if total >= ENOUGH_OF_A_CLASS else 0.0


def _swapped(
    loader: LoaderFacts, look: SampleSet, pair: _Pair, failed: bool, source: Source | None
) -> Finding:
    drawing = random_ones(loader.dataset.transforms)
    turning = [t for t in drawing if t.name in MIRRORS | TURN_NAMES] or drawing
    kinds = ", ".join(f"{k} {n}" for k, n in (look.redraw.kinds if look.redraw else {}).items())
    names = loader.dataset.classes or ()
    one, other = (names[int(n)] if n.isdigit() and int(n) < len(names) else n
                  for n in (pair.one, pair.other))  # fmt: skip
    return Finding(
        says=f"augmented, {pair.share:.0%} of the images of classes {one} and {other} look most "
        f"like the other class; {'as stored' if look.raw else 'in evaluation'}, {pair.before:.0%} "
        f"do ({kinds} of "
        f"{look.redraw.items if look.redraw else 0} items drawn twice)",
        places=places(*written_at(loader, [t.name for t in turning], source)),
        severity="error" if failed else "warning",
        confidence=0.93,
        measured={"classes": [pair.one, pair.other], "augmented": pair.share,
                  "stored": pair.before, "transforms": [t.name for t in turning]},
        explains=SYMPTOMS,
        fix=Fix(f"leave {named(turning) or 'this transform'} out: it turns one class into another"),
    )  # fmt: skip


# --- what the source alone proves -------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """A data set of digits or characters that is given a transform with a flip in it."""
    flips = [
        c
        for c in source.calls_to("*.RandomHorizontalFlip", "*.RandomVerticalFlip")
        if c.name.startswith("torchvision.transforms.") and is_random(c)
    ]
    if not flips:
        return []
    for call in source.calls_to(*(f"torchvision.datasets.{n}" for n in sorted(_CHARACTERS))):
        written = source.definition(call.place, _key(call))
        for flip in random_parts(source, written) if written else []:
            if any(flip.place == known.place for known in flips):
                return [_suspected(flip, call.last, call.place)]
    if _only_digits(source) and any(c.last == "Compose" for c in source.calls):
        return [_suspected(flips[0], "load_digits", None)]
    return []


def _key(call: Call) -> str | int:
    if "transform" in call.keywords:
        return "transform"
    value = call.argument("transform")
    return call.args.index(value) if value in call.args else "transform"


def _suspected(flip: Call, data: str, built: Place | None) -> Finding:
    return Finding(
        says=f"{flip.last} mirrors characters ({data}): a mirrored 2 is no 2",
        places=places(flip.place, built),
        severity="warning",
        grade="suspected",
        confidence=0.8,
        explains=SYMPTOMS,
        fix=Fix(f"leave {flip.last} out; small rotations and shifts keep the labels right"),
    )


SAFE = "there may be images whose labels it keeps"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("leave this out of the loop") and finding.places:
        return own_change(source, finding.places[0])
    return without_transforms(finding, source, finding.measured.get("transforms") or ())


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Digits(Dataset):
    def __init__(self, rows, transform):
        x, y = load_digits(return_X_y=True)
        self.x = torch.tensor(x[rows], dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y, self.transform = torch.tensor(y[rows]), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


torch.manual_seed(0)
augment = transforms.Compose([
    transforms.RandomAffine(degrees=5),
    transforms.RandomHorizontalFlip(),  # <- here
    transforms.Normalize(0.3, 0.4),
])
train_loader = DataLoader(Digits(slice(0, 1400), augment), batch_size=50, shuffle=True)
test_set = Digits(slice(1400, None), transforms.Normalize(0.3, 0.4))
test_loader = DataLoader(test_set, batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 397:.3f}")
"""

GOOD = BAD.replace("    transforms.RandomHorizontalFlip(),  # <- here\n", "")
