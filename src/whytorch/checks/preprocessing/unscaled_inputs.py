"""Unscaled inputs.

What it looks for
    The numbers that enter the first layer with weights during training are large: pixels from 0
    to 255, or values of that size. (Images that lie far below zero were shifted by somebody: see
    unsuitable-normalization.) It looks behind everything that the network does before its
    first layer, so a scaler or a normalization inside the model counts as scaling. Where learning
    is slow it also says, as advice, that photos in 0..1 are not centred.

Why it hurts
    Initial weights and usual learning rates are made for inputs around 1. With inputs a hundred
    times larger the first outputs, the first loss and the gradients are as much too large: the
    first steps throw the weights far away, and ReLU units die.

How to fix it
    Scale the images to 0..1: transforms.ToTensor() does it for images and uint8 arrays, `/ 255`
    for tensors. Then, better still, subtract the mean and divide by the standard deviation.

When it is fine
    A normalization layer right behind the first layer takes most of the harm away, and with a
    small learning rate a network may learn all the same; both are said as advice.

References
    Y. LeCun and others, Efficient BackProp (1998), section 4.3.
"""

from __future__ import annotations

import re

from whytorch.checks._handed import changed_place
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._places import pixels_made
from whytorch.checks._promises import pays
from whytorch.checks._rescaling import pixels_alike, scaled_in_loops
from whytorch.checks._rewriting import told
from whytorch.evidence.facts import (
    DataFlow,
    InputFacts,
    LossCalls,
    Passes,
    Run,
    Samples,
    TensorStats,
    Training,
)
from whytorch.evidence.facts.experiments import InputsNormalized
from whytorch.evidence.source import Source
from whytorch.records import (
    AddItem,
    AnyEdit,
    Finding,
    Fix,
    NotJudged,
    Place,
    ReplaceExpression,
    Severity,
)

# Constants that do not fit make scaled pixels large; a transform that never runs scales nothing.
CONSEQUENCE_OF = ("unsuitable-normalization", "transform-never-applied")

# Root mean square. Standardized inputs have 1, pixels in 0..1 about 0.5, the raw digits of
# scikit-learn (0..16) 8; 8-bit images have 60 to 160.
LARGE = 10.0
# Sparse images of few grey values may stay below; the largest value tells them from features.
LARGE_PIXEL = 100.0
_NORMALIZES = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm", "Embedding")

# What trying the repair on the bench is.
TRIALS = (InputsNormalized,)


def decide(
    data: DataFlow | None,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    samples: Samples | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if rebuilt := _to_be_rebuilt(run, losses):
        return [rebuilt]
    seen = data.entering("train") if data is not None else None
    if data is None or seen is None:
        return NotJudged("no input of a training step was seen")
    if seen.made:
        return []  # features, as a head is given them
    stats = seen.first_layer or seen.model
    if (seen.first_layer_kind or "").startswith(_NORMALIZES) or "float" not in stats.dtype:
        return []
    outcome = learning(run, losses, training, passes)
    if not is_large(stats):
        return _not_centred(data, seen, stats, outcome, source)
    severity = _severity(seen, stats, outcome)
    where = changed_place(samples, source, passes) or _place(data, seen, source)
    return [_finding(seen, stats, outcome, severity, where)]


def _to_be_rebuilt(run: Run, losses: LossCalls | None) -> Finding | None:
    """An autoencoder's binary cross-entropy refuses pixels in 0..255 as what it is to give. A mask
    of 0 and 255 is no image: it has two values."""
    if run.crash is None or "target should be between 0 and 1" not in run.crash.message:
        return None
    for site in losses.sites if losses else ():
        pixels = (site.target_max or 0) >= LARGE_PIXEL and len(site.target_counts or ()) > 2
        if site.raised and pixels and len(site.target_shape or ()) == 4:
            return Finding(
                says=f"the images that the network is to rebuild hold values up to "
                f"{site.target_max:g}; binary cross-entropy takes 0 to 1",
                places=places(site.place),
                severity="error",
                confidence=0.93,
                measured={"target_min": site.target_min, "target_max": site.target_max},
                explains=("crash",),
                fix=Fix("divide the images by 255 where they become floats, for input and target"),
            )
    return None


def _not_centred(
    data: DataFlow, seen: InputFacts, stats: TensorStats, outcome: Learning, source: Source | None
) -> list[Finding]:
    """Photos in 0..1 train, only slower than centred ones: a word where learning is slow, and
    where nothing worse keeps it from learning."""
    low, high = stats.minimum, stats.maximum
    photos = len(stats.shape) == 4 and stats.shape[1] == 3
    if outcome.works or outcome.stuck or seen.normalized_by:
        return []
    if not photos or low is None or high is None:
        return []
    if not (low >= 0 and 0.9 <= high <= 1 and (stats.mean or 0) > 0.2):
        return []
    mean = ", ".join(f"{m or 0:.3f}" for m in stats.channel_mean)
    std = ", ".join(f"{d or 0:.3f}" for d in stats.channel_std)
    return [
        Finding(
            says=f"the images are scaled to 0..1 but not centred (mean {stats.mean:.3g}, standard "
            f"deviation {stats.std:.3g}, {stats.samples} samples){outcome.reached()}",
            places=places(_place(data, seen, source), seen.place),
            severity="advice",
            confidence=0.6,
            measured={"mean": stats.mean, "std": stats.std, "samples": stats.samples},
            fix=Fix(
                f"add transforms.Normalize(({mean}), ({std})) behind ToTensor(), in "
                "every split: the mean and standard deviation measured here"
            ),
        )
    ]


def is_large(stats: TensorStats) -> bool:
    size = _rms(stats)
    return size is not None and (size >= LARGE or (size >= LARGE / 2 and _is_pixels(stats)))


def _rms(stats: TensorStats) -> float | None:
    if stats.mean is None or stats.std is None:
        return None
    return (stats.mean**2 + stats.std**2) ** 0.5


def _is_pixels(stats: TensorStats) -> bool:
    """Images (or flattened ones) of 8 or more bits: from 0 up to a large number."""
    low, high = stats.minimum, stats.maximum
    return low is not None and high is not None and low >= 0 and high >= LARGE_PIXEL


def _severity(seen: InputFacts, stats: TensorStats, outcome: Learning) -> Severity:
    if seen.normalized_by is not None:
        return "advice"
    images = _is_pixels(stats) or len(seen.model.shape) >= 4
    if outcome.skill is None or not images:  # features may be of any size, and be meant so
        return "advice" if not outcome.stuck else "warning"
    return outcome.severity()


def _finding(
    seen: InputFacts,
    stats: TensorStats,
    outcome: Learning,
    severity: Severity,
    where: Place | None,
) -> Finding:
    layer = f"layer {seen.first_layer_name} ({seen.first_layer_kind})"
    layer = layer if seen.first_layer_kind else "the network"
    loss = ""
    if outcome.chance_loss and (outcome.first_loss or 0) > 2 * outcome.chance_loss:
        loss = f"; the first loss is {outcome.first_loss:.3g} (guessing: {outcome.chance_loss:.3g})"
    return Finding(
        says=f"inputs from {stats.minimum:.4g} to {stats.maximum:.4g} (mean {stats.mean:.3g}, "
        f"standard deviation {stats.std:.3g}, {stats.samples} samples) enter {layer}"
        f"{loss}{outcome.reached()}",
        places=places(where, seen.place),
        severity=severity,
        # What they cost where the network learns all the same, the lab tells.
        grade="suspected" if severity == "advice" and not seen.normalized_by else "observed",
        confidence=0.95 if _is_pixels(stats) else 0.75,
        measured={
            "minimum": stats.minimum,
            "maximum": stats.maximum,
            "mean": stats.mean,
            "std": stats.std,
            "first_loss": outcome.first_loss,
            "chance_loss": outcome.chance_loss,
            "accuracy": outcome.eval_accuracy,
        },
        explains=("loss-not-decreasing", "loss-at-chance", "loss-oscillates", "underfitting",
                  "exploding-gradients", "non-finite-loss", "same-class-predicted"),
        fix=_fix(stats),
    )  # fmt: skip


def _fix(stats: TensorStats) -> Fix:
    if _is_pixels(stats) and (stats.maximum or 0) <= 255:
        return Fix("divide the pixels by 255 (transforms.ToTensor() does), in every split")
    return Fix(
        f"standardize the inputs, in every split: (x - {stats.mean:.4g}) / {stats.std:.4g}, "
        "the mean and standard deviation of the training data"
    )


def _place(data: DataFlow, seen: InputFacts, source: Source | None) -> Place | None:
    if source is None:
        return None
    return pixels_made(source, next(iter(data.feeding("train")), None)) or seen.place


SAFE = "a network that was trained on the large numbers needs them"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if not finding.places or "where they become floats" in told(finding):
        return []  # the place is the loss, not what makes the numbers
    if (undone := scaled_in_loops(finding, source)) is not None:
        return undone
    scale = re.search(r"\(x - ([\d.e+-]+)\) / ([\d.e+-]+)", told(finding))
    code = scale[0] if scale else "x / 255"
    return [_scaled(source, place, old, code) for place, old in pixels_alike(finding, source)]


def _scaled(source: Source, place: Place, old: str, code: str) -> AnyEdit:
    """An array is scaled by `code`, of x; a transform gets another one behind it that does so."""
    made = (c for c in source.calls_within(Place(place.path, place.line)) if old.startswith(c.raw))
    call = next((c for c in made if c.place.column == place.column and c.last[:1].isupper()), None)
    if call is None:
        return ReplaceExpression(place, old=old, new=code.replace("x", old, 1))
    start = call.raw.rpartition(".")[0]
    behind = f"{start}{'.' if start else ''}Lambda(lambda x: {code})"
    if call.last == "Compose":
        return AddItem(call.place, callee="Compose", code=behind)
    composed = f"{start}{'.' if start else ''}Compose"
    return ReplaceExpression(place, old=old, new=f"{composed}([{old}, {behind}])")


BAD = '''
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    """Digits as 8-bit images, like those of a camera."""

    def __init__(self, part):
        digits = load_digits()
        self.images = (digits.images[part] * 15.9).astype(np.uint8)
        self.labels = digits.target[part]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index]).float()  # <- here
        return image.unsqueeze(0), int(self.labels[index])


torch.manual_seed(0)
train_loader = DataLoader(Digits(slice(0, 1300)), batch_size=32, shuffle=True)
test_loader = DataLoader(Digits(slice(1300, None)), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
print(f"test accuracy: {hits / len(test_loader.dataset):.3f}")
'''

GOOD = BAD.replace(".float()  # <- here", ".float() / 255")
