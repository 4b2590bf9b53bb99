"""Training and evaluation images differ in kind.

What it looks for
    Evaluation falls far below training, and the images themselves differ between the two: in
    brightness or contrast by more than images of one part differ among each other, in sharpness
    (another resize filter or resolution; noise that one filter averages out), in colour (grey
    against coloured), or in their classes (classes in evaluation that training does not have, or a
    fifth of training that evaluation has none of). It looks at the stored images first, then
    at what the transforms make of them, and at what the loops do to the batches: light and dark
    exchanged in one of them alone.

Why it hurts
    A network learns the images it is given. On images of another kind its features do not fire,
    and the accuracy says nothing about images like those of the training.

How to fix it
    Draw both parts from one shuffled whole (stratified by class), and prepare both in the same way:
    same colour mode, same size, same filter. Where evaluation images come from elsewhere on
    purpose, put some of that kind, or augmentation that covers them, into training.

When it is fine
    Augmented training images, which differ a little; test sets that were collected apart. A study
    of robustness or of unseen classes (advice, where the same samples are evaluated unchanged too).
    The same images on another scale are another mistake: train-test-normalization-mismatch.

References
    J. Quinonero-Candela and others, Dataset shift in machine learning (2009).
"""

from __future__ import annotations

import re
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from whytorch.checks._handed import in_one_alone, loop_place
from whytorch.checks._helpers import listed, places
from whytorch.checks._promises import pays
from whytorch.checks._rescaling import as_in_training
from whytorch.checks._splits import (
    accuracy_lost,
    alike,
    changed_copies,
    compared,
    evaluation_place,
    lost,
    split_place,
    splits,
)
from whytorch.checks._splits import of_like_classes as like_classes
from whytorch.checks.preprocessing import _absent_classes
from whytorch.checks.preprocessing._restored import prove_shift
from whytorch.checks.preprocessing.train_test_normalization_mismatch import differs
from whytorch.evidence.facts import (
    DataFlow,
    ImageStats,
    LossCalls,
    Neighbours,
    Passes,
    Phase,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place

# Where training images have other images' labels, no evaluation comes near training.
CONSEQUENCE_OF = (
    "train-test-normalization-mismatch",
    "channel-order-mismatch",
    "misaligned-images-and-labels",
)

# In deviations of single images: random parts of one set differ by 0.1, test sets collected apart
# (MNIST's other writers, later X-rays) by up to 0.4.
BRIGHTER = 1.0
CONTRAST = 1.5  # ratio; parts of one set stay within 1.1
SHARPER = 2.5  # ratio, and at least one deviation of single images
SHARPER_DRAWN = 4.0  # crops that are enlarged at random change it by up to 3
SMOOTHED = 2.0  # ratio of deviations, in each channel
_OTHERS = ("evaluation", "training")
GREY, COLOURED = 0.01, 0.05  # mean distance between the channels, in ranges
UNSEEN = 0.1  # share of evaluation samples whose class training lacks
ENOUGH = 32  # images of each part
# A gap between training and evaluation that overfitting alone does not usually reach on the way.
LOST = 0.2
LITTLE = 0.05  # grey against colour is no accident of the images: below LOST it is worth a word


class Shift(Struct, frozen=True):
    what: str
    says: str
    fix: str
    measured: dict[str, object]
    stored: bool = False  # it is in the images before any transform


def decide(
    samples: Samples | None,
    data: DataFlow | None,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    found = _shifted(samples, data, losses) if samples is not None else []
    absent = _absent_classes.decide(run, losses, passes) if run.classification is True else None
    if absent is not None and not found:
        return [absent]
    if samples is None:
        return NotJudged("needs a look at the data; none could be taken in this run")
    if not samples.pairs and not samples.handed:
        return NotJudged("needs training and evaluation images that could be looked at")
    copies = changed_copies([e for _, e, _ in found], samples, data)
    found.sort(key=lambda entry: entry[1].id not in copies)
    gap = lost(run, losses, training, passes)
    inverted = in_one_alone(samples, "inverted")
    if inverted is not None and (gap is None or gap >= LOST):
        return [_inverted(samples, inverted, loop_place(source, passes, inverted), gap)]
    if found and found[-1][2].what == "classes":
        gap = accuracy_lost(run, losses, training, passes)  # who knows one class has no skill
    if not found or gap is None or gap < (LITTLE if found[-1][2].what == "colour" else LOST):
        return []
    train, evaluation, shift = found[-1]
    if shift.what == "classes":
        where = split_place(train, evaluation, passes, data, source)
    elif shift.stored and evaluation.transforms:
        where = evaluation.place  # not its transform
    else:
        where = evaluation_place(evaluation, passes, data, source)
    return [
        Finding(
            says=f"{shift.says} ({train.looked_at} and {evaluation.looked_at} images looked at); "
            f"evaluation stays {gap:.0%} of the way to no error below training",
            places=places(where, evaluation.place),
            severity="error" if gap >= LOST and evaluation.id not in copies else "advice",
            confidence=0.85,
            measured={**shift.measured, "lost": gap},
            explains=("evaluation-far-below-training", "overfitting", "same-class-predicted"),
            fix=Fix(shift.fix),
        )
    ]


def _inverted(samples: Samples, phase: Phase, where: Place | None, gap: float | None) -> Finding:
    """`gap`: None where no accuracy is known, as for several labels an image."""
    one, other = ("training", "evaluation") if phase == "train" else ("evaluation", "training")
    seen = samples.handed[phase]
    told = (
        ""
        if gap is None
        else (f"; evaluation stays {gap:.0%} of the way to no error below training")
    )
    return Finding(
        says=f"the loop of the {one} hands {seen.changes['inverted']} of {seen.images} images on "
        f"as negatives, light for dark, that of the {other} as they are{told}",
        places=places(where),
        severity="error" if gap is not None else "warning",
        confidence=0.93,
        measured={"inverted": seen.changes["inverted"], "images": seen.images, "lost": gap},
        explains=("evaluation-far-below-training", "overfitting", "same-class-predicted"),
        fix=Fix("take the inversion out of this loop, or make it in both"),
    )


def _shifted(
    samples: Samples, data: DataFlow | None, losses: LossCalls | None
) -> list[tuple[SampleSet, SampleSet, Shift]]:
    """Evaluation sets that no training set is like: one of several tasks or stages may differ."""
    found, like_training = [], set()
    for train, evaluation in splits(samples):
        if min(train.looked_at, evaluation.looked_at) < ENOUGH:
            continue
        pair = next(p for p in samples.pairs if (p.train, p.eval) == (train.id, evaluation.id))
        shift = _shift(train, evaluation, pair.neighbours, data)
        if shift is None or _trained_elsewhere(shift, data, losses):
            like_training.add(evaluation.id)
        else:
            found.append((train, evaluation, shift))
    return [entry for entry in found if entry[1].id not in like_training]


def _shift(
    train: SampleSet, evaluation: SampleSet, neighbours: Neighbours | None, data: DataFlow | None
) -> Shift | None:
    classes = _unseen_classes(train, evaluation, neighbours, data)
    if classes is not None or not like_classes(train, evaluation):
        return classes
    stored = compared(train, evaluation)
    if stored is not None:
        found = _differ(*stored, "stored ", SHARPER)
        if found is not None:
            return replace(found, stored=True)
    a, b = train.drawn, evaluation.drawn
    if a is None or b is None or not alike(a, b) or _rescaled(data):
        return None
    augmented = bool(train.redraw and train.redraw.differing)
    # Noise, jagged edges of a rotation by the nearest pixel: what augments may well roughen.
    roughened = augmented and (a.sharpness or 0.0) > (b.sharpness or 0.0)
    sharper = inf if roughened else SHARPER_DRAWN
    if stored is None or not augmented:
        return _differ(a, b, "", sharper)
    return _colour(a, b, "") or _sharpness(a, b, "", sharper) or _smoothed(a, b)


def _rescaled(data: DataFlow | None) -> bool:
    """Whether the same data on another scale explain the difference."""
    train = data.entering("train") if data else None
    evaluation = data.entering("eval") if data else None
    return train is not None and evaluation is not None and differs(train.model, evaluation.model)


def _differ(a: ImageStats, b: ImageStats, kind: str, sharper: float) -> Shift | None:
    return _colour(a, b, kind) or _brightness(a, b, kind) or _sharpness(a, b, kind, sharper)


def _brightness(a: ImageStats, b: ImageStats, kind: str) -> Shift | None:
    rows = zip(a.channel_mean, b.channel_mean, a.mean_spread, b.mean_spread, strict=True)
    known = [(p, q, s, t) for p, q, s, t in rows if None not in (p, q, s, t)]
    sizes = [abs(p - q) / max((s + t) / 2, 1e-6) for p, q, s, t in known]  # type: ignore[operator]
    span = (a.maximum or 0.0) - (a.minimum or 0.0)
    moved = max((abs(p - q) for p, q, _, _ in known), default=0.0)  # type: ignore[operator]
    std = [(p or 0.0, q or 0.0) for p, q in zip(a.channel_std, b.channel_std, strict=True)]
    ratio = max((max(p, q) / max(min(p, q), 1e-9) for p, q in std), default=1.0)
    # Images that are all equally bright have next to no deviation: ask for a visible step too.
    if max(sizes, default=0.0) >= BRIGHTER and moved > 0.08 * span:
        return Shift(
            "brightness",
            f"the {kind}evaluation images have mean {listed(b.channel_mean)}, in training "
            f"{listed(a.channel_mean)}: {max(sizes):.1f} times as far apart as images differ",
            "prepare the evaluation images as those of training, or draw both from one whole",
            {"training_mean": list(a.channel_mean), "evaluation_mean": list(b.channel_mean)},
        )
    if ratio >= CONTRAST and span > 0 and max(max(s) for s in std) > 0.05 * span:
        return Shift(
            "contrast",
            f"the pixels of the {kind}evaluation images have standard deviation "
            f"{listed(b.channel_std)}, those of training {listed(a.channel_std)}",
            "prepare the evaluation images as those of training, or draw both from one whole",
            {"training_std": list(a.channel_std), "evaluation_std": list(b.channel_std)},
        )
    return None


def _smoothed(a: ImageStats, b: ImageStats) -> Shift | None:
    """Images that are stored alike: one side's transforms average what the other's pick out."""
    pairs = zip(a.channel_std, b.channel_std, strict=True)
    known = [(p, q) for p, q in pairs if p and q]
    least = min((max(p, q) / min(p, q) for p, q in known), default=1.0)
    if least < SMOOTHED or not known:
        return None
    flat, other = ("training", "evaluation") if known[0][0] < known[0][1] else _OTHERS
    return Shift(
        "smoothing",
        f"the pixels of the evaluation images have standard deviation {listed(b.channel_std)} as "
        f"they enter the network, those of training {listed(a.channel_std)}, though stored "
        f"alike: the transforms of {flat} average out what those of {other} keep",
        "resize both parts in the same way: of tensors with antialias=True, as PIL's images are",
        {"training_std": list(a.channel_std), "evaluation_std": list(b.channel_std)},
    )


def _sharpness(a: ImageStats, b: ImageStats, kind: str, sharper: float) -> Shift | None:
    if not a.sharpness or not b.sharpness or min(_sides(a), _sides(b)) < 8:
        return None
    ratio = max(a.sharpness, b.sharpness) / min(a.sharpness, b.sharpness)
    spread = max(a.sharpness_spread or 0.0, b.sharpness_spread or 0.0)
    if ratio < sharper or abs(a.sharpness - b.sharpness) < spread:
        return None
    blurred = "evaluation" if b.sharpness < a.sharpness else "training"
    return Shift(
        "sharpness",
        f"the {kind}{blurred} images are blurred: the Laplacian's share of the variance is "
        f"{b.sharpness:.2g} in evaluation and {a.sharpness:.2g} in training",
        "resize both parts in the same way, from images of the same resolution",
        {"training_sharpness": a.sharpness, "evaluation_sharpness": b.sharpness},
    )


def _colour(a: ImageStats, b: ImageStats, kind: str) -> Shift | None:
    if a.colour is None or b.colour is None:
        return None
    if min(a.colour, b.colour) >= GREY or max(a.colour, b.colour) < COLOURED:
        return None
    grey, coloured = (
        ("training", "evaluation") if a.colour < b.colour else ("evaluation", "training")
    )
    return Shift(
        "colour",
        f"the {kind}{grey} images are grey and those of {coloured} coloured (mean distance between "
        f"the channels {a.colour:.2g} in training, {b.colour:.2g} in evaluation)",
        "load both parts in the same colour mode",
        {"training_colour": a.colour, "evaluation_colour": b.colour},
    )


def _sides(stats: ImageStats) -> int:
    return min(stats.shape[1:]) if stats.shape and len(stats.shape) == 3 else 0


def _unseen_classes(
    train: SampleSet, evaluation: SampleSet, neighbours: Neighbours | None, data: DataFlow | None
) -> Shift | None:
    """Evaluation has classes that training lacks; not where all labels mean something else."""
    known, asked = _counts(train, data), _counts(evaluation, data)
    if not known or not asked or len(known) < 2 or sum(known.values()) < 100:
        return None
    missing = {label: n for label, n in asked.items() if label not in known}
    share = sum(missing.values()) / sum(asked.values())
    if share < UNSEEN or (share < 1 and _labels_differ(neighbours, set(known))):
        return None
    named = ", ".join(sorted(missing, key=_number)[:6])
    return Shift(
        "classes",
        f"{share:.0%} of the evaluation samples are of classes that training does not have "
        f"({named}; training has {', '.join(sorted(known, key=_number)[:10])})",
        "shuffle before splitting, or split each class by itself (stratify=labels)",
        {"unseen_classes": sorted(missing, key=_number)[:50], "unseen_share": share},
    )


def _trained_elsewhere(shift: Shift, data: DataFlow | None, losses: LossCalls | None) -> bool:
    """Whether another training set, or a later part of this one, has the missing classes."""
    missing = shift.measured.get("unseen_classes")
    if not isinstance(missing, list):
        return False
    known: set[str] = set()
    for loader in data.feeding("train") if data else ():
        known |= set(loader.dataset.class_counts or ())
    for site in losses.training() if losses else ():
        known |= set(site.target_counts or ())
    return bool(known & set(missing))


def _labels_differ(neighbours: Neighbours | None, known: set[str]) -> bool:
    """Whether look-alikes in training have other labels, also for classes that both have."""
    rows = neighbours.confusion if neighbours else {}
    total = sum(n for label, row in rows.items() if label in known for n in row.values())
    right = sum(row.get(label, 0) for label, row in rows.items() if label in known)
    return total >= 20 and right < 0.3 * total


def _counts(one: SampleSet, data: DataFlow | None) -> dict[str, int]:
    """Samples of each class; a number below 0 stands for a sample that has no label yet."""
    loaders = [x for x in (data.loaders if data else ()) if x.id == one.loader]
    whole = loaders[0].dataset.class_counts if loaders else None
    counts = whole or one.class_counts or {}
    return {label: n for label, n in counts.items() if _number(label) >= 0}


def _number(label: str) -> float:
    return float(label) if re.fullmatch(r"-?\d+(\.\d+)?", label) else 0.0


SAFE = "the change of the evaluation data may be meant, as a test of robustness"
promise = pays
prove = prove_shift


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    return as_in_training(source, finding.places[0]) if finding.places else []


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
x_test = 1 - x_test  # <- here
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
test_loader = DataLoader(TensorDataset(x_test, y_test), batch_size=100)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
print(f"test accuracy: {hits / len(x_test):.3f}")
"""

GOOD = BAD.replace("x_test = 1 - x_test  # <- here\n", "")
