"""Images and labels are paired in different orders.

What it looks for
    Structured images whose nearest neighbours, by their pixels, have the same label no more often
    than chance, while the network does not get beyond chance on unseen images. Where one split is
    so and the other is not, that is proof. So are batches that came from their loader in order,
    and went with the very same labels (or numbers, or vectors) of other images into the loss; or
    with classes, of a teacher say, that have nothing to do with the labels they came with. In the
    source: one of a pair shuffled by itself.

Why it hurts
    Each image goes with the label of another one. There is nothing to learn: the loss stays at
    chance, or the network memorizes noise and fails on every new image.

How to fix it
    Shuffle both by one permutation: order = torch.randperm(len(x)); x, y = x[order], y[order]. Sort
    both lists of files by the same key, or keep pairs (image, label) from the beginning.

When it is fine
    Pure noise as images (a smoke test), where nothing can be known. Tasks whose classes do not show
    in the pixels' distance, but that the network learns.

References
    X. Bouthillier et al., Accounting for variance in machine learning benchmarks (2021).
"""

from __future__ import annotations

import math
import re

from msgspec.structs import replace

from whytorch.checks._helpers import ENOUGH_SAMPLES, places
from whytorch.checks._lab import LEARNED
from whytorch.checks._learning import Learning, learning, skill
from whytorch.checks._mending import in_scope
from whytorch.checks._promises import pays
from whytorch.checks._repairs import own_change
from whytorch.checks._rewriting import assigned, told
from whytorch.checks.labels import _by_position
from whytorch.checks.labels._alone import permuted, reordered_alone
from whytorch.checks.labels._listing import sorted_as_text, unsorted
from whytorch.checks.labels._masks_apart import of_masks
from whytorch.checks.labels._pairing import Reordered, labels_made, reordered
from whytorch.evidence.facts import (
    Handed,
    LossCalls,
    Neighbours,
    Passes,
    PassFacts,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.source import Call, Source
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    InsertBefore,
    NotJudged,
    ReplaceExpression,
    ReplaceStatement,
)

_SYMPTOMS = ("loss-at-chance", "loss-not-decreasing", "underfitting", "overfitting",
             "evaluation-far-below-training", "same-class-predicted")  # fmt: skip
CONSEQUENCE_OF = ("pixels-scrambled-by-reshape",)

ENOUGH = 150  # samples; over fewer, agreement by chance scatters too widely
CHANCE = 2.5  # standard errors above which agreement is no chance any more
# Of photographs of several classes, neighbours agree well above chance (CIFAR-10: 0.3 against 0.1);
# of two classes that look alike (ants and bees) they may not. So, without a sibling to compare
# with, four classes are needed.
CLASSES = 4
# Of CIFAR-10's grey images a third of all draws of 182 agree no more than by chance, a fifth of
# those of 256, and none of 400: the fewer there are, the further off the one that is most alike.
ALONE = 384
SIBLING = 0.4  # (agreement - chance) / (1 - chance) of the split that is in order
# Correlation of neighbouring pixels: 0 in noise, above 0.7 in photographs, 0.37 in digits of 8 x 8.
STRUCTURED = 0.2
ONE_CLASS = 0.8  # chance of two samples to agree: nearly all are of one class
BATCHES = 3  # all of them: another task's labels may be the same numbers by chance
AT_CHANCE = 0.06  # skill on unseen images


def decide(
    samples: Samples,
    run: Run,
    passes: Passes | None,
    losses: LossCalls | None,
    training: Training | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    seen = samples.handed.get("train")
    if seen is not None and seen.paired >= BATCHES and seen.astray == seen.paired:
        outcome = learning(run, losses, training, passes)
        # A network that learns nothing may be right on new images more often than by chance, in one
        # pass of many. The loss that stays at guessing tells.
        told_apart = _learned(passes, run) and not outcome.stuck
        learned = told_apart or outcome.works or _fell(outcome)
        return [] if learned else [_in_the_loop(seen, losses, passes, source)]
    by_position = _by_position.decide(losses, passes, run, source)
    if by_position is not None:
        return [by_position]
    if (masks := of_masks(samples, passes, run)) is not None:
        return [masks]
    if run.classification is not True:
        return []
    looked = [s for s in samples.sets if s.neighbours and s.neighbours.samples >= ENOUGH]
    if not looked:
        return NotJudged(f"needs at least {ENOUGH} labelled samples that can be looked at")
    lost = [s for s in looked if _at_chance(s.neighbours) and _structured(s)]
    if not lost or _learned(passes, run):
        return []
    inverse = [s for s in looked if _surely_paired(s.neighbours)]
    one = next((s for s in lost if "train" in s.phases), lost[0])
    if not inverse and not (_several_classes(one) and "train" in one.phases):
        return NotJudged("few classes that look alike may be as hard to tell apart")
    if not inverse and one.neighbours and one.neighbours.samples < ALONE:
        return NotJudged(f"needs at least {ALONE} labelled samples where no split is in order")
    wrong = reordered(source) if source else []
    found = _finding(one, inverse[0] if inverse else None, wrong[0] if wrong else None, passes)
    alone = None if wrong else reordered_alone(source)
    if not wrong and alone is None and (listed := unsorted(source)):
        return [_as_listed(found, listed)]
    if not wrong and alone is None and not inverse and (by_name := sorted_as_text(source)):
        return [_as_text(found, by_name)]
    return [replace(found, places=places(alone, *found.places))]


def _as_listed(found: Finding, listed: list[Call]) -> Finding:
    """The files are taken in the order that the file system has them in, which is nobody's."""
    names = list(dict.fromkeys(call.written for call in listed))
    return replace(
        found,
        says=f"{found.says}; the files come in the order of {names[0]}, which is no order at all",
        places=places(*(call.place for call in listed), *found.places),
        fix=Fix(f"write {' and '.join(f'sorted({n})' for n in names)}"),
    )


def _as_text(found: Finding, listed: Call) -> Finding:
    """The files are sorted, and the labels may stand in the order of the numbers in their names."""
    return replace(
        found,
        says=f"{found.says}; the files are sorted as text here, where 10 comes before 2",
        places=places(listed.place, *found.places),
        fix=Fix("if the labels stand in the order of the numbers in the file names, sort by "
                'these: sorted(files, key=lambda f: int(re.sub(r"\\D", "", f))); best is a table '
                "with the file's name beside each label"),
    )  # fmt: skip


def _excess(found: Neighbours | None) -> float | None:
    """Agreement beyond chance, in standard errors of chance."""
    if found is None or found.agreement is None or not found.chance or found.chance >= 1:
        return None
    error = math.sqrt(found.chance * (1 - found.chance) / found.samples)
    return (found.agreement - found.chance) / error


def _at_chance(found: Neighbours | None) -> bool:
    excess = _excess(found)
    room = found is not None and (found.chance or 0.0) <= ONE_CLASS  # else all agree anyway
    return excess is not None and excess <= CHANCE and room


def _surely_paired(found: Neighbours | None) -> bool:
    if found is None or found.agreement is None or not found.chance or found.chance >= 1:
        return False
    # Where nearly all are of one class, a few images make up all of what is beyond chance.
    beyond = _excess(found)
    share = (found.agreement - found.chance) / (1 - found.chance)
    return share >= SIBLING and beyond is not None and beyond > CHANCE


def _structured(one: SampleSet) -> bool:
    rows = [s.along_rows for s in (one.raw, one.drawn) if s is not None]
    return any(r is not None and r >= STRUCTURED for r in rows)


def _several_classes(one: SampleSet) -> bool:
    return len(one.class_counts or {}) >= CLASSES


def _learned(passes: Passes | None, run: Run) -> bool:
    """Unseen images are told apart better than by chance: labels and images do belong together."""
    for one in passes.of("eval") if passes else ():
        unseen = (one.seen_in_training or 0.0) <= 0.5
        reached = skill(one, run.classes) if (one.counted or 0) >= ENOUGH_SAMPLES else None
        error = 2 / math.sqrt(one.counted or 1)
        if unseen and reached is not None and reached > AT_CHANCE + error:
            return True
    return False


def _fell(outcome: Learning) -> bool:
    """The loss came well below that of guessing, which numbers of other images do not allow."""
    guessing = outcome.guess_loss or outcome.chance_loss
    return guessing is not None and (outcome.last_loss or guessing) < LEARNED * guessing


def _last(passes: Passes | None) -> PassFacts | None:
    known = [p for p in (passes.of("eval") if passes else ()) if p.counted]
    return known[-1] if known else None


def _in_the_loop(
    seen: Handed, losses: LossCalls | None, passes: Passes | None, source: Source | None
) -> Finding:
    sites = losses.training() if losses else []
    site = next((s for s in sites if s.target_counts), next(iter(sites), None))
    last = _last(passes)
    return Finding(
        says=f"in all {seen.paired} batches looked at, the images went into the network as their "
        "loader gave them, and the loss was given what belongs to other images of the batch"
        + (f" (evaluation accuracy {last.accuracy or 0:.0%})" if last else ""),
        places=places(labels_made(source, site), site.place if site else None),
        severity="error",
        confidence=0.95,
        measured={"batches": seen.paired, "astray": seen.astray},
        explains=_SYMPTOMS,
        fix=Fix("give the loss the labels as the loader gave them, or change the order of images "
                "and labels by one index"),
    )  # fmt: skip


def _finding(
    one: SampleSet, sibling: SampleSet | None, wrong: Reordered | None, passes: Passes | None
) -> Finding:
    found, last = one.neighbours, _last(passes)
    assert found is not None
    split = "training" if "train" in one.phases else "evaluation"
    text = (
        f"of {found.samples} {split} images, the most similar other image has the same label in "
        f"{found.agreement or 0:.0%}; labels dealt out at random would agree in "
        f"{found.chance or 0:.0%}"
    )
    if sibling is not None and sibling.neighbours is not None:
        other = "evaluation" if split == "training" else "training"
        text += f", and those of the {other} data do in {sibling.neighbours.agreement or 0:.0%}"
    if wrong is not None:
        text += f"; {wrong.name} is shuffled here without {wrong.other}"
    if last is not None:
        text += f" (evaluation accuracy {last.accuracy or 0:.0%})"
    return Finding(
        says=text,
        places=places(wrong.place if wrong else None, one.place, wrong.pairing if wrong else None),
        severity="error",
        confidence=0.97 if wrong else 0.93 if sibling else 0.75,
        measured={
            "agreement": found.agreement,
            "chance": found.chance,
            "samples": found.samples,
            "evaluation_accuracy": last.accuracy if last else None,
        },
        explains=_SYMPTOMS,
        fix=Fix(_write(wrong)),
    )


def _write(wrong: Reordered | None) -> str:
    if wrong is None:
        return "look at some images with their labels, and keep both in one order: sort both by " \
               "one key, or index both by one permutation"  # fmt: skip
    one, other = wrong.name, wrong.other
    return f"write order = torch.randperm(len({one})) and {one}, {other} = {one}[order], " \
           f"{other}[order]"  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    """Images or labels are shuffled alone, or each by an order of its own, and then paired."""
    return [
        Finding(
            says=f"{one.name} is put into a random order of its own, without {one.other}, and both "
            "are paired afterwards: each image gets the label of another",
            places=places(one.place, one.pairing),
            severity="error",
            grade="suspected",
            confidence=0.9,
            explains=_SYMPTOMS,
            fix=Fix(_write(one)),
        )
        for one in reordered(source)[:1]
    ]


SAFE = "images may be shuffled alone on purpose, for a comparison"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("give the loss the labels as the loader gave them"):
        return own_change(source, finding.places[0]) if finding.places else []
    if told(finding).startswith("write sorted("):
        names = {p.line: p for p in finding.places}
        return [
            ReplaceExpression(names[c.place.line], old=c.written, new=f"sorted({c.written})")
            for c in unsorted(source)
            if c.place.line in names
        ]
    if alone := permuted(source, next(iter(finding.places), None)):
        return alone
    found = re.match(r"write order = (torch\.randperm\(len\([\w.]+\)\)) and (.*)$", told(finding))
    place = next(iter(finding.places), None)
    made = assigned(source, place) if place is not None else None
    if found is None or place is None or made is None or made[0] not in found[2].split(" = ")[0]:
        return []
    name = "order" if not in_scope(source, place, "order") else "permutation"
    new = re.sub(r"\border\b", name, found[2])
    before = InsertBefore(place, ("import torch",), f"{name} = {found[1]}")
    return [before, ReplaceStatement(place, code=new)]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(y)
order = torch.randperm(len(images))
images = images[torch.randperm(len(images))]  # <- here
data = TensorDataset(images, labels)
train_set, test_set = torch.utils.data.random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for batch, targets in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(batch), targets).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 397:.3f}")
"""

GOOD = BAD.replace(
    "images = images[torch.randperm(len(images))]  # <- here",
    "images, labels = images[order], labels[order]",
)
