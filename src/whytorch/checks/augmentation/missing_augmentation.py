"""A small training set is learned by heart, and nothing varies it.

What it looks for
    A convolutional network trained from scratch that gets nearly every training image right and far
    fewer of the unseen ones, while exactly the same images enter it in every epoch.

Why it hurts
    The network can tell each training image by an accident of its pixels. What does not matter, a
    shift, a flip, the brightness, it must be shown: nothing in the data says so.

How to fix it
    Vary the training images by what leaves their label as it is: RandomCrop with padding,
    RandomHorizontalFlip for things that may face either way, ColorJitter for photographs. Leave the
    evaluation images as they are.

When it is fine
    Training that generalizes all the same, features from a pretrained network, data that are no
    images. Memorizing a few samples on purpose, to see that the training works at all.

    The same symptom has two further names, told apart by their numbers: overfitting-capacity, if
    the network has a thousand weights for each sample; missing-regularization, if no dropout,
    weight decay or softened labels restrain it either. For images, variation comes first.

References
    C. Shorten and T. M. Khoshgoftaar, A survey on image data augmentation for deep learning (2019).
"""

from __future__ import annotations

import math

from whytorch.checks._helpers import places
from whytorch.checks._learning import skill
from whytorch.checks._weights import numbers
from whytorch.checks.augmentation._drawn import random_ones
from whytorch.checks.augmentation._written import written_for
from whytorch.checks.evaluation._held_out import is_real_training
from whytorch.checks.regularization._gap import WIDE, Gap, gap
from whytorch.evidence.facts import (
    DataFlow,
    LoaderFacts,
    Network,
    Passes,
    PassFacts,
    Run,
    Samples,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, NotJudged, Severity

CONSEQUENCE_OF = (
    "train-test-normalization-mismatch", "train-test-distribution-shift", "channel-order-mismatch",
    "batchnorm-statistics-stale", "dropout-active-in-evaluation", "evaluating-in-train-mode",
    "sampler-misused", "class-index-mismatch", "misaligned-images-and-labels", "metric-miscomputed",
    "mislabeled-samples", "predictions-in-other-order", "frozen-batchnorm-drifts",
    "layer-created-in-forward", "unregistered-modules", "unshuffled-training-data",
    "split-transform-overwritten", "augmentation-on-evaluation-data", "transform-never-applied",
    "train-mode-not-restored", "batchnorm-on-tiny-batches", "pixels-scrambled-by-reshape",
    "resolution-mismatch", "receptive-field-too-large",
    "unsuitable-momentum",
)  # fmt: skip

MEMORIZED = 0.97  # training accuracy
NARROW = 0.08  # a smaller gap than WIDE: worth a word, not a warning
SURE = 3.0  # standard errors
SAME = 1.02  # different inputs in all epochs together, for each sample of the data set
LEAST_SIDE = 8  # pixels; what is smaller is a table
UNLEARNABLE = 0.1  # skill on unseen images at which there is nothing to generalize
HUGE = 1000  # weights a sample: there overfitting-capacity is the nearer name


def decide(
    passes: Passes,
    network: Network,
    data: DataFlow,
    training: Training,
    run: Run,
    samples: Samples | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    found = gap(passes)
    if run.classification is not True or not _images(network, data) or network.loaded:
        return []
    if found is None:
        return NotJudged("needs the accuracy of training and of held-out images")
    if not is_real_training(passes) and found.trained.samples < 60:
        return []
    reached = max(found.trained.accuracy or 0.0, _late(training))
    if reached < MEMORIZED:
        return (
            NotJudged("the run was shortened before the network knew its images")
            if (run.shortened)
            else []
        )
    how = _severity(reached, found.evaluated)
    if how is None or (skill(found.evaluated, run.classes) or 0.0) <= UNLEARNABLE:
        return []
    trained = [p for p in passes.of("train") if p.samples]
    if _epochs(trained) < 3 or _varied(trained, data, samples):
        return []
    return [_finding(found, reached, how, trained, network, data, training, source)]


def _images(network: Network, data: DataFlow) -> bool:
    seen = data.entering("train")
    shape = seen.model.shape if seen else ()
    flat = not any(layer.kind.startswith("Conv") for layer in network.layers)
    return not flat and len(shape) == 4 and min(shape[2:]) >= LEAST_SIDE


def _late(training: Training) -> float:
    """Accuracy on the batches of the last tenth: without a loader, all epochs are one pass."""
    known = [(t.batch, t.accuracy) for t in training.trace if t.batch and t.accuracy is not None]
    late = known[-max(5, len(known) // 10) :]
    return sum(n * a for n, a in late) / sum(n for n, _ in late) if late else 0.0


def _epochs(trained: list[PassFacts]) -> int:
    """How often each image came."""
    different = sum(p.new_samples or 0 for p in trained)
    return sum(p.samples for p in trained) // different if different else 0


def _severity(reached: float, evaluated: PassFacts) -> Severity | None:
    b = evaluated.accuracy or 0.0
    error = math.sqrt(max(b * (1 - b), 0.01) / (evaluated.counted or 1))
    if reached - b >= max(WIDE, SURE * error):
        return "warning"
    return "advice" if reached - b >= max(NARROW, SURE * error) else None


def _varied(trained: list[PassFacts], data: DataFlow, samples: Samples | None) -> bool:
    """By what entered the network; by the transforms, and by items asked for twice."""
    different = sum(p.new_samples or 0 for p in trained)
    length = max(p.dataset_length or different for p in trained)
    if different == 0 or different > SAME * length:
        return True
    if any(random_ones(x.dataset.transforms) for x in data.feeding("train")):
        return True
    sets = samples.of("train") if samples else ()
    return any(s.redraw is not None and s.redraw.differing for s in sets)


def _finding(
    found: Gap,
    reached: float,
    how: Severity,
    trained: list[PassFacts],
    network: Network,
    data: DataFlow,
    training: Training,
    source: Source | None,
) -> Finding:
    one, other = found.trained, found.evaluated
    distinct = sum(p.new_samples or 0 for p in trained)
    loader = next(iter(data.feeding("train")), None)
    written = written_for(source, loader.dataset) if source and loader else None
    built = (loader.dataset.base_place or loader.dataset.place or loader.place) if loader else None
    return Finding(
        says=f"training has {reached:.0%} right, evaluation {other.accuracy:.0%} of "
        f"{other.counted} unseen images; the same {distinct} images entered the network in "
        f"{_epochs(trained)} epochs, none of them varied",
        places=places(written, built, one.place),
        severity=how,
        confidence=_confidence(network, training, distinct),
        measured={
            "training_accuracy": reached,
            "evaluation_accuracy": other.accuracy,
            "different_images": distinct,
            "epochs": _epochs(trained),
        },
        explains=("overfitting", "evaluation-far-below-training") if how == "warning" else (),
        fix=Fix(_write(loader, data)),
    )


def _confidence(network: Network, training: Training, distinct: int) -> float:
    """Least where another name of the same symptom is nearer: see the docstring."""
    weights = numbers(p for p in network.parameters() if p.trainable)
    if weights >= HUGE * max(1, distinct):
        return 0.45
    decays = any((g.weight_decay or 0.0) > 0 for o in training.optimizers for g in o.groups)
    drops = any("Dropout" in layer.kind for layer in network.layers)
    return 0.6 if decays or drops else 0.52


def _write(loader: LoaderFacts | None, data: DataFlow) -> str:
    seen = data.entering("train")
    side = seen.model.shape[-1] if seen else 32
    crop = f"transforms.RandomCrop({side}, padding={max(1, side // 8)})"
    where = (
        "the training transform"
        if loader and loader.dataset.transform
        else ("a transform of the training data")
    )
    return f"put {crop} into {where}, and RandomHorizontalFlip() if mirrored images keep their " \
           "label"  # fmt: skip


PASTE = """
augment = transforms.Compose([
    transforms.RandomCrop(size, padding=size // 8),
    transforms.RandomHorizontalFlip(),  # not for digits, letters, left and right
    plain,  # the transform that evaluation keeps
])
"""

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
augment = transforms.RandomAffine(degrees=8, translate=(0.13, 0.1))
train_set = Digits(slice(0, 70))  # <- here
train_loader = DataLoader(train_set, batch_size=14, shuffle=True)
test_loader = DataLoader(Digits(slice(900, None)), batch_size=300)
model = nn.Sequential(
    nn.Conv2d(1, 24, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(24 * 9, 10)
)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.01)
for epoch in range(30):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 897:.3f}")
"""

GOOD = BAD.replace("Digits(slice(0, 70))  # <- here", "Digits(slice(0, 70), augment)")
