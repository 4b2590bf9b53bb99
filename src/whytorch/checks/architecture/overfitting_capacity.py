"""Too large for the data.

What it looks for
    A training accuracy far above the evaluation's, by more than chance explains, in a network that
    was not pretrained and has thousands of weights for each of its few training samples.

Why it hurts
    Such a network can know every training sample by heart, with its noise, and has no reason to
    find what they have in common.

How to fix it
    Make the widest layer narrower (or average the feature maps before it), or get more data. To
    make sure: train a quarter of the width; if the evaluation does not fall, it was not needed.

When it is fine
    Networks with far more weights than samples often generalize all the same: without the gap
    nothing is said. A pretrained network brings what it knows along.
    The same gap comes from training that nothing restrains (missing-regularization) and from images
    that nothing varies (missing-augmentation); here the network's size against the data is
    measured.

References
    C. Zhang et al., Understanding deep learning requires rethinking generalization (2017).
"""

from __future__ import annotations

import math

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._weights import numbers, share
from whytorch.evidence.facts import LayerFacts, Network, Passes, PassFacts, Run
from whytorch.evidence.facts.experiments import LessCapacity
from whytorch.records import Finding, Fix, NotJudged

CONSEQUENCE_OF = (
    "train-test-normalization-mismatch", "train-test-distribution-shift", "class-index-mismatch",
    "misaligned-images-and-labels", "evaluating-in-train-mode", "train-mode-not-restored",
    "batchnorm-on-tiny-batches", "batchnorm-statistics-stale", "dropout-active-in-evaluation",
    "auxiliary-outputs-mishandled", "channel-order-mismatch", "augmentation-on-evaluation-data",
    "mislabeled-samples", "unsuitable-normalization", "receptive-field-too-large",
    "pixels-scrambled-by-reshape", "predictions-in-other-order", "split-transform-overwritten",
    "unsuitable-momentum",
)  # fmt: skip

GAP = 0.15
SIGMAS = 3.0
# ResNet18 has 220 weights for each image of CIFAR-10 and generalizes; small networks on a thousand
# digits have a hundred. Thousands for each of a few hundred samples are beyond what anybody needs.
WEIGHTS_PER_SAMPLE = 1000
FEW_SAMPLES = 5000
ENOUGH = 50

# What trying the repair on the bench is.
TRIALS = (LessCapacity,)


def decide(network: Network, run: Run, passes: Passes) -> list[Finding] | NotJudged:
    if not run.classification or network.loaded:
        return []
    trained, evaluated = _last(passes, "train"), _last(passes, "eval")
    if trained is None or evaluated is None:
        return NotJudged(f"needs accuracies on {ENOUGH} training and {ENOUGH} evaluation samples")
    samples = _samples(passes)
    count = numbers(p for p in network.parameters() if p.trainable)
    if not 0 < samples <= FEW_SAMPLES or count < WEIGHTS_PER_SAMPLE * samples:
        return []
    if run.shortened:
        return NotJudged("needs the whole training to know how far the two come apart")
    gap = _gap(trained, evaluated)
    if gap is None:
        return []
    return [_finding(network, count, samples, trained, evaluated)]


def _last(passes: Passes, phase: str) -> PassFacts | None:
    found = passes.of("train") if phase == "train" else passes.of("eval")
    counted = [p for p in found if (p.counted or 0) >= ENOUGH and p.accuracy is not None]
    unseen = [p for p in counted if phase == "train" or (p.seen_in_training or 0) < 0.5]
    return unseen[-1] if unseen else None


def _samples(passes: Passes) -> int:
    """How many different samples the network was trained on."""
    new = [p.new_samples for p in passes.of("train") if p.new_samples]
    lengths = [p.dataset_length for p in passes.of("train") if p.dataset_length]
    return min(sum(new), max(lengths)) if new and lengths else sum(new)


def _gap(trained: PassFacts, evaluated: PassFacts) -> float | None:
    """The gap, if it is wide and no accident of few samples, and both are better than guessing."""
    high, low = trained.accuracy or 0.0, evaluated.accuracy or 0.0
    n, m = trained.counted or 1, evaluated.counted or 1
    spread = math.sqrt(max(high * (1 - high), 0.01) / n + max(low * (1 - low), 0.01) / m)
    if high < 0.9 or high - low < max(GAP, SIGMAS * spread):
        return None
    counts = [sum(row) for row in evaluated.confusion or ()]
    guessing = max(counts) / sum(counts) if counts else 0.5
    return high - low if low > guessing else None


def _finding(
    network: Network, count: int, samples: int, trained: PassFacts, evaluated: PassFacts
) -> Finding:
    largest = max(network.layers, key=lambda x: numbers(x.parameters))
    name, own = layer_name(largest.name, largest.kind), numbers(largest.parameters)
    return Finding(
        says=f"{count} weights learn from {samples} samples, {count // samples} for each, and "
        f"accuracy is {trained.accuracy or 0:.0%} in training and {evaluated.accuracy or 0:.0%} in "
        f"evaluation; {name} alone holds {share(own, count)} of the weights",
        places=places(largest.place, largest.call_place, network.place),
        severity="warning",
        confidence=0.55,
        measured={
            "weights": count,
            "samples": samples,
            "training_accuracy": trained.accuracy,
            "evaluation_accuracy": evaluated.accuracy,
        },
        explains=("overfitting", "evaluation-far-below-training"),
        fix=Fix(_narrower(largest, name)),
    )


def _narrower(layer: LayerFacts, name: str) -> str:
    width = layer.settings.get("out_features") or layer.settings.get("out_channels") or 0
    entering = layer.settings.get("in_features", 0)
    if isinstance(entering, int) and entering > 4 * int(width) > 0:
        return f"pool what enters {name} ({entering} numbers), or make it narrower"
    return f"give {name} {max(8, int(width) // 8)} outputs instead of {width}, or get more data"


PASTE = """
nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(channels, classes)
"""

BAD = """
import torch
from torch import nn

torch.manual_seed(0)
MOTIFS = torch.tensor([[[1, 1, 1], [1, 0, 1], [1, 1, 1]], [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
                       [[1, 0, 1], [0, 1, 0], [1, 0, 1]], [[1, 1, 0], [1, 1, 0], [0, 0, 0]]])
SIDE = 20


def scenes(n):
    images, labels = 0.3 * torch.rand(n, 1, 20, 20), torch.randint(0, 4, (n,))
    for image, label in zip(images, labels):
        row, column = torch.randint(0, 18, (2,))
        image[0, row : row + 3, column : column + 3] += MOTIFS[label]
    return images, labels


model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(),
    nn.AdaptiveMaxPool2d(SIDE), nn.Flatten(),
    nn.Linear(16 * SIDE * SIDE, 96),  # <- here
    nn.ReLU(), nn.Linear(96, 4),
)
x_train, y_train = scenes(300)
x_test, y_test = scenes(300)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.05)
for epoch in range(9):
    model.train()
    for batch in torch.randperm(300).split(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(x_test).argmax(1) == y_test).float().mean().item()
    print("epoch", epoch, "held-out accuracy", right)
"""

GOOD = BAD.replace("  # <- here", "").replace("SIDE = 20", "SIDE = 1")
