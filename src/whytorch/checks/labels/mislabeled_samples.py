"""A share of the training labels is wrong.

What it looks for
    Training images whose nearest neighbours, by their pixels, agree on another label than their
    own: far more of them than among the evaluation images, or than the network gets wrong there,
    or spread evenly over all pairs of classes, as no natural confusion is. Or labels that agree far
    seldomer than those of the evaluation, where the network is right far more often. And masks in
    which a class is an area here, and there nothing but the rim between a lower and a higher one:
    they were resized or turned with interpolation.

Why it hurts
    The network is taught wrong answers. A small one stays below what it could reach; a large one
    learns the wrong labels by heart and repeats them on images like these.

How to fix it
    Look at the images listed in the report, and correct or drop those that are wrong. Find the line
    that changes the labels, if one does. Until then, label smoothing and early stopping limit the
    harm. Resize masks by their nearest pixels: the mean of two class numbers is another class.

When it is fine
    Classes that look alike (shirts and T-shirts): their neighbours disagree too, but always with
    the same other class. Noise in the labels that an experiment on noise needs (advice, where the
    script itself calls it so: noise_rate, noisy_labels).

References
    C. Northcutt, L. Jiang and I. Chuang, Confident learning (2021).
"""

from __future__ import annotations

import math
import re

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._learning import WELL, skill
from whytorch.checks.evaluation._held_out import evaluations, on_held_out
from whytorch.checks.labels._blended import blended
from whytorch.checks.labels._pairing import labels_changed
from whytorch.evidence.facts import (
    LossCalls,
    Neighbours,
    Passes,
    PassFacts,
    Run,
    Samples,
    SampleSet,
)
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, NotJudged

CONSEQUENCE_OF = ("misaligned-images-and-labels", "pixels-scrambled-by-reshape")

ENOUGH = 150  # samples looked at
# What trainings that stand wrong labels call them: co-teaching, forward correction and the like.
_NOISE = re.compile(
    r"label_?noise|nois[ey]+_?(?:rate|ratio|label|target|train_label)|corrupt_?(?:prob|rate|label)",
    re.IGNORECASE,
)
RELATED = 0.15  # beyond chance
# Where most labels are wrong: so many, by how seldom neighbours agree, in a set of which the other
# part is this clean (of what chance leaves); and so much more is right there than in training.
MANY, CLEAN, BETTER = 0.3, 0.5, 0.2
# Of well kept sets (MNIST, digits) up to 2 % are doubtful in this way, of CIFAR-10 a good tenth:
# there only a comparison tells. Published error rates of kept sets are below 6 %.
SHARE = 0.08
# Where many labels are wrong, the neighbours' are too, and fewer samples look doubtful than are
# wrong: half of 20 %.
LEAST = 0.04
SIBLING = 3.0  # times as many as among the evaluation images
# Errors of labels dealt out at random fall on all pairs of classes alike: 1. Natural confusion
# falls on few: 2 and more in MNIST and digits.
EVEN = 1.4
# So much beyond chance must the neighbours agree for that: those of photographs find each other by
# brightness, not by content (CIFAR-10: 0.1 to 0.3 beyond chance), and their errors are even too.
AGREED = 0.35
CLASSES = 4  # with fewer pairs of classes, even and uneven can't be told apart


def decide(
    samples: Samples,
    run: Run,
    passes: Passes | None,
    losses: LossCalls | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if (rims := blended(samples, source)) is not None:
        return [rims]
    if run.classification is not True:
        return []
    known = [s for s in samples.of("train") if s.neighbours and s.neighbours.samples >= ENOUGH]
    if not known:
        return NotJudged(f"needs {ENOUGH} labelled training images that can be looked at")
    last = _last(passes)
    for one in known:
        if (clean := _apart(one, samples, passes, last)) is not None:
            found = _of_many(one, clean, passes, last, run, losses, source)
            return [_as_meant(found, source)]
        share = _doubtful(one.neighbours)
        if share < LEAST or not _above(one.neighbours, RELATED):
            continue
        proof = _proof(one, share, samples, last, run)
        if proof:
            found = _finding(one, share, proof, last, run, losses, source)
            return [_as_meant(found, source)]
    if all(_doubtful(s.neighbours) < LEAST for s in known):
        return []
    return NotJudged("the classes look alike; needs an experiment (training on parts in turn)")


def _as_meant(found: Finding, source: Source | None) -> Finding:
    """Advice, where the script itself speaks of noise in its labels: it may be its subject."""
    lines = (line.partition("#")[0] for f in (source.files if source else ()) for line in f.lines)
    if not any(_NOISE.search(line) for line in lines):
        return found
    return replace(found, severity="advice")


def _apart(
    one: SampleSet, samples: Samples, passes: Passes | None, last: PassFacts | None
) -> Neighbours | None:
    """The neighbours in the evaluation, where the labels of the training belong to its images far
    seldomer, and the network is more often right there. Where most labels are wrong, neighbours
    agree on none, and few samples look doubtful. Images that are only harder to tell have neither:
    the network would know them as well as those of the evaluation."""
    trained = passes.of("train")[-1:] if passes else ()
    if last is None or not trained or trained[0].accuracy is None or last.accuracy is None:
        return None
    if last.accuracy < trained[0].accuracy + BETTER or not _above(one.neighbours, 0.0, 3.0):
        return None
    others = [o.neighbours for o in samples.of("eval") if "train" not in o.phases and o.neighbours]
    clean = [n for n in others if n.samples >= ENOUGH and _above(n, CLEAN * (1 - (n.chance or 0)))]
    return next((c for c in clean if _estimate(one.neighbours, c) >= MANY), None)


def _of_many(
    one: SampleSet,
    clean: Neighbours,
    passes: Passes | None,
    last: PassFacts | None,
    run: Run,
    losses: LossCalls | None,
    source: Source | None,
) -> Finding:
    found, share = one.neighbours, _estimate(one.neighbours, clean)
    assert found is not None and passes is not None and last is not None
    trained, right = passes.of("train")[-1].accuracy or 0.0, last.accuracy or 0.0
    reached = skill(last, run.classes)
    return Finding(
        says=f"training images have the label of the image most like them in "
        f"{found.agreement or 0:.0%} of {found.samples} cases, evaluation images in "
        f"{clean.agreement or 0:.0%}, and the network is right for {trained:.0%} of the training "
        f"and {right:.0%} of the evaluation: about {share:.0%} of the training labels are wrong",
        places=places(labels_changed(source, losses) if source else None, one.place),
        severity="warning" if reached is not None and reached >= WELL else "error",
        confidence=0.85,
        measured={
            "estimated_share": round(share, 3),
            "looked_at": found.samples,
            "neighbours_agree": found.agreement,
            "neighbours_agree_in_evaluation": clean.agreement,
            "evaluation_accuracy": right,
        },
        explains=("underfitting", "overfitting", "loss-at-chance", "loss-not-decreasing"),
        fix=Fix("find the line that changes the labels of the training images, or where they come "
                "from; look at some images beside their labels"),
    )  # fmt: skip


def _above(found: Neighbours | None, gain: float, errors: float = 5.0) -> bool:
    """Whether neighbours agree beyond chance, by `gain` and by so many standard errors at least:
    the labels have to do with the images."""
    if found is None or found.agreement is None or found.chance is None:
        return False
    error = math.sqrt(found.chance * (1 - found.chance) / found.samples)
    return found.agreement > found.chance + max(errors * error, gain)


def _chance(found: Neighbours | None) -> float:
    return (found.chance if found else None) or 0.0


def _doubtful(found: Neighbours | None) -> float:
    return found.doubtful / found.samples if found and found.samples else 0.0


def _last(passes: Passes | None) -> PassFacts | None:
    known = evaluations(passes.passes) if passes else []
    return next((p for p in reversed(known) if on_held_out(p) and (p.counted or 0) >= 100), None)


def _proof(one: SampleSet, share: float, samples: Samples, last: PassFacts | None, run: Run) -> str:
    """Why these are errors and no natural confusion; empty if that can't be told."""
    for other in samples.of("eval"):
        found = other.neighbours
        if "train" in other.phases or found is None or found.samples < ENOUGH:
            continue
        enough = max(share, _estimate(one.neighbours, found)) >= SHARE
        if enough and share >= SIBLING * (_doubtful(found) + 1 / found.samples):
            return f"among {found.samples} evaluation images it is {_doubtful(found):.1%}"
    if share < SHARE:
        return ""
    if last is not None and last.accuracy is not None and 1 - last.accuracy <= share / 2:
        return f"the network gets only {1 - last.accuracy:.1%} of the evaluation images wrong"
    learned = skill(last, run.classes) if last else None
    even = _evenness(one.neighbours)
    trusted = _above(one.neighbours, AGREED * (1 - _chance(one.neighbours)))
    if learned is not None and learned >= 0.3 and even is not None and even <= EVEN and trusted:
        return "and they fall on all pairs of classes alike, as no natural confusion does"
    return ""


def _estimate(found: Neighbours | None, clean: Neighbours) -> float:
    """Share of wrong labels, from how much seldomer two neighbours agree: both must be right."""
    if found is None or not found.agreement or not clean.agreement:
        return 0.0
    return 1 - math.sqrt(min(1.0, found.agreement / clean.agreement))


def _evenness(found: Neighbours | None) -> float | None:
    """Expected to be 1 where each pair of classes is confused alike; None for too few."""
    if found is None or len(found.confusion) < CLASSES:
        return None
    cells = [n for own, row in found.confusion.items() for to, n in row.items() if to != own]
    total, pairs = sum(cells), len(found.confusion) * (len(found.confusion) - 1)
    if total < 50:
        return None
    return sum(n * (n - 1) for n in cells) * pairs / (total * total)


def _finding(
    one: SampleSet,
    share: float,
    proof: str,
    last: PassFacts | None,
    run: Run,
    losses: LossCalls | None,
    source: Source | None,
) -> Finding:
    found = one.neighbours
    assert found is not None
    worst = found.doubts[:6]
    listed = ", ".join(f"{d.index} (labelled {d.label}, looks like {d.neighbours})" for d in worst)
    reached = skill(last, run.classes) if last else None
    changed = labels_changed(source, losses) if source else None
    return Finding(
        says=f"{found.doubtful} of {found.samples} training images looked at ({share:.0%}) have "
        f"another label than the images most like them agree on; {proof}. First to look at: "
        f"{listed}",
        places=places(changed, one.place),
        severity="warning" if reached is not None and reached >= WELL else "error",
        confidence=0.85,
        measured={
            "doubtful_share": share,
            "looked_at": found.samples,
            "neighbours_agree": found.agreement,
            "indices": [d.index for d in found.doubts],
            "evaluation_accuracy": last.accuracy if last else None,
        },
        explains=("underfitting", "overfitting", "evaluation-far-below-training"),
        fix=Fix(f"look at the training images {', '.join(str(d.index) for d in worst)} and "
                "correct or drop those that are labelled wrongly"),
    )  # fmt: skip


PASTE = """
for index in suspects:  # the numbers above
    image, label = train_set[index]
    plt.imshow(image.squeeze()), plt.title(f"{index}: {label}"), plt.show()
"""

BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
y = torch.tensor(y)
wrong = torch.rand(1400) < 0.3
y[:1400][wrong] = torch.randint(0, 10, (1400,))[wrong]  # <- here
train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)

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

GOOD = BAD.replace("\ny[:1400][wrong] = torch.randint(0, 10, (1400,))[wrong]  # <- here", "")
