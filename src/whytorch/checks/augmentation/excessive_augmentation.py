"""The augmentation removes the signal.

What it looks for
    Augmented training images that no longer look like their class: the stored image most like them
    has another label, while stored images find their class easily. And a network that could not
    learn the augmented images either. Images that a data set varies are drawn from it; of those
    that a loop varies, the ones that entered the network are looked at.

Why it hurts
    What is left after crops, erased patches, noise or colours at their strongest settings is not
    enough to tell the classes apart. The network learns the average.

How to fix it
    Begin without augmentation, see that the network learns, then add one transform at a time, at
    gentle settings: a crop with padding of an eighth of the width, rotations of 10 degrees,
    RandomErasing up to a fifth of the area.

When it is fine
    Strong augmentation with which the network still learns: it is then a regularization. Views for
    contrastive learning.

References
    E. D. Cubuk et al., RandAugment (2020): the best strength grows with network and data.
"""

from __future__ import annotations

import re

from whytorch.checks._handed import ALWAYS, MOST, handed, loop_place
from whytorch.checks._helpers import places
from whytorch.checks._lab import learned_badly, learns
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._repairs import own_change, without_transforms
from whytorch.checks._rewriting import told
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.checks.augmentation._drowned import drowned
from whytorch.checks.augmentation._written import written_for
from whytorch.evidence.facts import (
    DataFlow,
    Handed,
    LoaderFacts,
    LossCalls,
    Neighbours,
    Passes,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.facts.experiments import AugmentationOff
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place

CONSEQUENCE_OF = (
    "misaligned-images-and-labels", "label-destroying-augmentation", "learning-rate-too-high",
    "learning-rate-too-low", "missing-optimizer-step", "missing-backward", "zero-grad-before-step",
    "loss-cut-from-model", "frozen-parameters", "parameters-missing-from-optimizer", "dead-relu",
    "poor-initialization", "unscaled-inputs", "target-encoding-mismatch", "activation-on-logits",
    "softmax-before-cross-entropy", "nll-without-log-softmax", "scheduler-misused",
)  # fmt: skip

# (agreement - chance) / (1 - chance), of stored images and of augmented ones. Pixel neighbours are
# far more easily fooled than a network (crop and flip of 8 x 8 digits: 0.98 to 0.38), so that only
# a fall to nearly nothing counts, and only beside a network that has not learned either.
CLEAR, GONE = 0.4, 0.25  # of stored images; of augmented ones, as a share of theirs
ENOUGH = 100
LEARNS = 0.5  # skill on the augmented training images from which on the signal is surely there
# Correlation of neighbouring pixels: 0 in noise, 0.37 in digits of 8 x 8, above 0.7 in photographs.
STRUCTURED, LEFT = 0.2, 0.5
GAINED = 0.2  # of evaluation accuracy, by leaving the augmentation out
ENOUGH_STEPS = 50  # before, no network knows its classes


def decide(
    data: DataFlow,
    run: Run,
    samples: Samples,
    passes: Passes | None,
    training: Training | None,
    losses: LossCalls | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.classification is not True:
        return []
    outcome = learning(run, losses, training, passes)
    found = _by_likeness(data, samples, passes, outcome, source)
    rough = drowned(data, samples, outcome, passes, source)
    return [rough] if rough is not None and not (isinstance(found, list) and found) else found


def _by_likeness(
    data: DataFlow,
    samples: Samples,
    passes: Passes | None,
    outcome: Learning,
    source: Source | None,
) -> list[Finding] | NotJudged:
    """Images that are no longer like those of their class."""
    seen = handed(samples, "train")
    if seen is not None and _varied(seen) and _gone(seen.before, seen.neighbours):
        if outcome.train_skill is None or outcome.steps < ENOUGH_STEPS:
            return NotJudged(f"needs {ENOUGH_STEPS} training steps with known predictions")
        where = loop_place(source, passes, "train")
        return [] if _learned(outcome) else [_in_the_loop(seen, outcome, where)]
    looked = [
        (loader, look)
        for loader in data.feeding("train")
        for look in samples.sets
        if look.loader == loader.id and look.redraw is not None
    ]
    if not looked:
        return _of_batches(samples, outcome, loop_place(source, passes, "train"))
    varied = [(x, s) for x, s in looked if s.redraw and s.redraw.differing]
    lost = [(x, s) for x, s in varied if _gone(s.neighbours, s.neighbours_drawn)]
    if not lost:
        return []
    if outcome.train_skill is None or outcome.steps < ENOUGH_STEPS:
        return NotJudged(f"needs {ENOUGH_STEPS} training steps with known predictions")
    return [] if _learned(outcome) else [_finding(*lost[0], outcome, source)]


def _learned(outcome: Learning) -> bool:
    """The signal is there, on the augmented images or, where these are mixed of two and have no one
    label to be right about, in evaluation."""
    return outcome.skill is not None and outcome.skill >= LEARNS


def _varied(seen: Handed) -> bool:
    """Some of them may be left without any content, but images that are all blank are no
    augmentation."""
    return seen.share("other", "blanked") >= MOST and seen.share("blanked") < ALWAYS


def _gone(raw: Neighbours | None, drawn: Neighbours | None) -> bool:
    """Whether the augmented images have lost the stored ones' likeness to their class."""
    if raw is None or drawn is None or drawn.samples < ENOUGH:
        return False
    if raw.agreement is None or drawn.agreement is None or not raw.chance or raw.chance >= 1:
        return False
    clear = (raw.agreement - raw.chance) / (1 - raw.chance)
    left = (drawn.agreement - raw.chance) / (1 - raw.chance)
    return clear >= CLEAR and left <= GONE * clear


def _of_batches(
    samples: Samples, outcome: Learning, where: Place | None
) -> list[Finding] | NotJudged:
    """Batches made by hand: the training images as they entered, against those of evaluation."""
    kept = {p: s for s in samples.sets if s.origin == "batches" for p in s.phases}
    train, evaluation = kept.get("train"), kept.get("eval")
    if train is None or evaluation is None or train.drawn is None or evaluation.drawn is None:
        return NotJudged("needs a training data set that can be asked for its images again")
    if not _gone(evaluation.neighbours, train.neighbours) or outcome.train_skill is None:
        return []
    here, there = train.drawn.along_rows, evaluation.drawn.along_rows
    # Images that are as good as those of the evaluation have other labels, not less content.
    if here is None or there is None or here > LEFT * there or there < STRUCTURED:
        return []
    if _learned(outcome) or outcome.steps < ENOUGH_STEPS:
        return []
    seen = Handed(0, 0, neighbours=train.neighbours, before=evaluation.neighbours)
    return [_in_the_loop(seen, outcome, where, "those of the evaluation")]


def _in_the_loop(
    seen: Handed, outcome: Learning, where: Place | None, given: str = "as its loader gave them"
) -> Finding:
    raw, drawn = seen.before, seen.neighbours
    assert raw is not None and drawn is not None
    return Finding(
        says=f"as the training loop hands them to the network, {drawn.agreement or 0:.0%} of "
        f"{drawn.samples} images look most like their own class; {given} "
        f"{raw.agreement or 0:.0%} do, by chance {raw.chance or 0:.0%}{outcome.reached()}, and "
        f"{outcome.train_accuracy or 0:.0%} on the images as they entered",
        places=places(where),
        severity="error",
        confidence=0.88,
        measured={
            "entered_agreement": drawn.agreement,
            "given_agreement": raw.agreement,
            "chance": raw.chance,
            "difference": seen.difference,
            "train_accuracy": outcome.train_accuracy,
            "evaluation_accuracy": outcome.eval_accuracy,
        },
        explains=("underfitting", "loss-at-chance", "loss-not-decreasing", "loss-oscillates"),
        fix=Fix(
            "train once with the images as the loader gives them, then change them more gently"
        ),
    )


def _finding(
    loader: LoaderFacts, look: SampleSet, outcome: Learning, source: Source | None
) -> Finding:
    drawing = random_ones(loader.dataset.transforms)
    raw, drawn, redraw = look.neighbours, look.neighbours_drawn, look.redraw
    assert raw is not None and drawn is not None and redraw is not None
    written = written_for(source, loader.dataset) if source else None
    how = f" ({named(drawing)})" if drawing else ""
    return Finding(
        says=f"augmented{how}, {drawn.agreement or 0:.0%} of {drawn.samples} training images look "
        f"most like their own class; as stored {raw.agreement or 0:.0%} do, by chance "
        f"{raw.chance or 0:.0%}{outcome.reached()}, and {outcome.train_accuracy or 0:.0%} on the "
        "augmented training images",
        places=places(written, loader.dataset.base_place or loader.dataset.place),
        severity="error",
        confidence=0.85,
        measured={
            "augmented_agreement": drawn.agreement,
            "stored_agreement": raw.agreement,
            "chance": raw.chance,
            "difference": redraw.difference,
            "train_accuracy": outcome.train_accuracy,
            "evaluation_accuracy": outcome.eval_accuracy,
        },
        explains=("underfitting", "loss-at-chance", "loss-not-decreasing"),
        fix=Fix(f"train once without {named(drawing) or 'augmentation'}, then add one transform "
                "at a time at gentle settings"),
    )  # fmt: skip


def prove(
    off: AugmentationOff,
    data: DataFlow,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """On the images as stored the same steps learn; augmented, they do not."""
    outcome = learning(run, losses, training, passes)
    plain, own = off.plain, off.own
    if plain is None or not learned_badly(outcome):
        return []
    gain = (plain.eval_accuracy or 0.0) - (own.eval_accuracy or 0.0)
    if not learns(plain) or learns(own) or gain < max(GAINED, 2 * (off.noise or 0.0)):
        return []
    drawing = [x.dataset for x in data.feeding("train") if random_ones(x.dataset.transforms)]
    written = written_for(source, drawing[0]) if source and drawing else None
    return [
        Finding(
            says=f"trained on the images as stored, {plain.eval_accuracy:.0%} of the evaluation "
            f"samples are right after {plain.steps} steps, with the augmentation "
            f"{own.eval_accuracy or 0.0:.0%}; the former knows {off.plain_on_augmented or 0.0:.0%} "
            "of the augmented training images",
            places=places(written, drawing[0].place if drawing else None),
            severity="error",
            confidence=0.8,
            measured={
                "plain_eval_accuracy": plain.eval_accuracy,
                "augmented_eval_accuracy": own.eval_accuracy,
                "plain_on_augmented": off.plain_on_augmented,
            },
            explains=("loss-not-decreasing", "loss-at-chance", "underfitting"),
            fix=Fix("weaken the augmentation, or leave it out"),
        )
    ]


SAFE = "augmentation changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("train once with the images as") and finding.places:
        return own_change(source, finding.places[0])
    names = re.match(r"train once without (.*?), then", told(finding))
    named = re.split(r", | and ", names[1]) if names else ()
    return without_transforms(finding, source, named)


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Digits(Dataset):
    def __init__(self, rows, transform=None):
        x, y = load_digits(return_X_y=True)
        self.x = torch.tensor(x[rows], dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y, self.transform = torch.tensor(y[rows]), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return (self.transform(self.x[i]) if self.transform else self.x[i]), self.y[i]


torch.manual_seed(0)
augment = transforms.Compose([  # <- here
    transforms.RandomErasing(p=1.0, scale=(0.5, 0.7), value="random"),
    transforms.RandomErasing(p=1.0, scale=(0.5, 0.7), value="random"),
    transforms.RandomErasing(p=1.0, scale=(0.5, 0.7), value="random"),
])
train_loader = DataLoader(Digits(slice(0, 1400), augment), batch_size=50, shuffle=True)
test_loader = DataLoader(Digits(slice(1400, None)), batch_size=100)
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

GOOD = BAD.replace("  # <- here", "").replace("p=1.0, scale=(0.5, 0.7)", "p=0.2, scale=(0.02, 0.1)")
