"""Normalization that does not fit the images.

What it looks for
    Training images that enter the network far from both usual scales, 0..1 and zero mean with
    unit spread: squeezed into a range below 0.1, or shifted by several times their whole range.
    And constants that were applied to images that had been normalized already: undoing the last
    Normalize does not lead back to pixels. And stored images that a data set normalizes in place,
    once more each time one is asked for.

Why it hurts
    The network sees nearly the same number everywhere, or numbers far beyond what initial weights
    are made for. The differences between images drown in an offset, and learning stands still.

How to fix it
    Use the mean and the standard deviation of the training images, in the units that Normalize
    gets: 0..1 behind ToTensor(). Apply it once, as the last step.

When it is fine
    Constants of another photo collection (ImageNet's, 0.5): they move the numbers a little. Images
    in 0..1 or -1..1 without Normalize, and images standardized one by one. Numbers that are large
    because nothing scaled the pixels are another mistake: unscaled inputs.

References
    torchvision.transforms.Normalize. Y. LeCun and others, Efficient BackProp (1998), section 4.3.
"""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.checks._handed import as_given, changed_place, left_as_given
from whytorch.checks._helpers import places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._places import input_made, loader_of, pixels_made, transform_of, within
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import told
from whytorch.checks.preprocessing._constants import behind_to_tensor, by_hand
from whytorch.checks.preprocessing._images import are_images
from whytorch.checks.preprocessing._stored_changed import changed_again, copied
from whytorch.evidence.facts import (
    DataFlow,
    ImageStats,
    InputFacts,
    LoaderFacts,
    LossCalls,
    Passes,
    Run,
    Samples,
    TensorStats,
    Training,
)
from whytorch.evidence.facts.experiments import InputsNormalized
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, SetArgument, Severity

CONSEQUENCE_OF = ("excessive-augmentation", "degenerate-images")

# Images in 0..1 span about 1, however dark (one bright pixel is enough); standardized ones span 3
# or more. A range below 0.1 is neither, also for washed-out photos and for satellites' reflectance.
SQUEEZED_RANGE = 0.1
SQUEEZED_STD = 0.02
# In 0..1 the mean lies within; the constants of dark images (MNIST's) take white paper to 2.7.
FAR_MEAN = 5.0
WIDE_STD = 5.0
# Stored pixels are not below zero: what lies far below was shifted by a number that does not fit.
# (Loudness in decibels is centred too, or not normalized at all.)
FAR_BELOW, FAR_OFF = 10.0, 5.0
ENOUGH = 16  # samples
_NORMALIZES = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm", "Embedding")

_Constants = tuple[tuple[float, ...], tuple[float, ...]]


class Trouble(Struct, frozen=True):
    says: str
    proven: bool  # the constants in the source are at fault, not only the numbers unusual


RAW = 10.0  # beyond, for images, no constants were used at all

# What trying the repair on the bench is.
TRIALS = (InputsNormalized,)


def decide(
    data: DataFlow,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    samples: Samples | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    seen = data.entering("train")
    if seen is None:
        return NotJudged("no input of a training step was seen")
    if (again := changed_again(data, samples, passes, source)) is not None:
        return [again]
    stats = seen.first_layer or seen.model
    if (seen.first_layer_kind or "").startswith(_NORMALIZES) or not are_images(seen.model):
        return []
    if stats.samples < ENOUGH or "float" not in stats.dtype or stats.nonfinite_share:
        return []
    loader = next(iter(data.feeding("train")), None)
    constants = loader.dataset.normalize if loader else ()
    trouble = _trouble(seen.model, stats, constants)
    if trouble is None or _of_training_alone(seen, data.entering("eval"), constants):
        return []
    outcome = learning(run, losses, training, passes)
    severity = _severity(seen, outcome)
    loop = changed_place(samples, source, passes)
    where = loop or _place(source, loader, passes, constants)
    stored = _stored(samples)
    found = _finding(seen, stats, trouble, severity, where, constants, stored, outcome)
    return [as_given(found, samples) if loop else found]


def _trouble(
    entering: TensorStats, stats: TensorStats, constants: tuple[_Constants, ...]
) -> Trouble | None:
    low, high, mean, std = stats.minimum, stats.maximum, stats.mean, stats.std
    if low is None or high is None or mean is None or std is None or high <= low:
        return None
    pixels = _before(entering, constants[-1]) if constants else None
    are_pixels = pixels is not None and pixels[0] > -0.05 and pixels[1] < 1.05
    squeezed = high - low < SQUEEZED_RANGE and std < SQUEEZED_STD
    if _squeezed_apart(stats):
        return Trouble("are nearly one and the same number in each channel", True)
    if low < 0 < std and -mean >= max(FAR_BELOW, FAR_OFF * std):
        return Trouble(f"lie {-mean / std:.0f} deviations below zero", True)
    if squeezed or (high - low <= 6 and abs(mean) >= FAR_MEAN):
        what = "all lie within" if squeezed else "lie far from zero, within"
        return Trouble(f"{what} {high - low:.2g} of each other", are_pixels)
    if are_pixels and (abs(mean) >= FAR_MEAN or std >= WIDE_STD):
        return Trouble("are neither within 0..1 nor centred near unit spread", True)
    if pixels is not None and _was_normalized(pixels) and _is_off(mean, std):
        return Trouble("had been normalized before the last Normalize", True)
    return None


def _squeezed_apart(stats: TensorStats) -> bool:
    """Each channel is squeezed to a number of its own, none of which a channel in 0..1 has."""
    rows = list(zip(stats.channel_mean, stats.channel_std, strict=False))
    apart = [s for m, s in rows if m is not None and s and not -0.05 < m < 1.05]
    return 1 < len(apart) == len(rows) and max(apart) < SQUEEZED_STD


def _of_training_alone(
    train: InputFacts, evaluation: InputFacts | None, constants: tuple[_Constants, ...]
) -> bool:
    """The network itself makes the numbers unusual, and in training alone: dropout of its input."""
    if evaluation is None or evaluation.first_layer is None or train.first_layer is None:
        return False
    if _trouble(train.model, train.model, constants) is not None:
        return False
    return _trouble(evaluation.model, evaluation.first_layer, constants) is None


def _before(stats: TensorStats, constants: _Constants) -> tuple[float, float, float, float] | None:
    """(lowest, highest, mean, deviation) of what the last Normalize was given."""
    means, stds = constants
    if not means or not stds or stats.minimum is None or stats.maximum is None:
        return None
    mean, std = sum(means) / len(means), sum(stds) / len(stds)
    if not std or stats.mean is None or stats.std is None:
        return None
    return (
        stats.minimum * std + mean, stats.maximum * std + mean,
        stats.mean * std + mean, stats.std * std,
    )  # fmt: skip


def _was_normalized(pixels: tuple[float, float, float, float]) -> bool:
    """No pixels: far below zero, and with the mean or the spread that only centring gives (in 0..1
    the deviation is at most 0.5, and noise added on top leaves the mean where it was)."""
    low, high, mean, std = pixels
    return low < -0.3 and high < 20 and (mean < 0.05 or std > 0.55)


def _is_off(mean: float, std: float) -> bool:
    """Undoing an earlier Normalize, or repeating one that does nothing, leads to a usual scale."""
    return abs(mean) > 0.6 or not 0.2 < std < 2.0


def _severity(seen: InputFacts, outcome: Learning) -> Severity:
    severity = outcome.severity()
    if seen.normalized_by is not None and severity == "error":
        return "warning"  # a normalization layer takes the offset and most of the scale away
    return severity


def _finding(
    seen: InputFacts,
    stats: TensorStats,
    trouble: Trouble,
    severity: Severity,
    where: Place | None,
    constants: tuple[_Constants, ...],
    stored: ImageStats | None,
    outcome: Learning,
) -> Finding:
    written = ", ".join(f"Normalize({_numbers(m)}, {_numbers(s)})" for m, s in constants)
    return Finding(
        says=f"the training images enter the network with values from {stats.minimum:.4g} to "
        f"{stats.maximum:.4g} (mean {stats.mean:.3g}, standard deviation {stats.std:.2g}, "
        f"{stats.samples} samples): they {trouble.says}"
        + (f"; the constants are {written}" if written else "")
        + outcome.reached(),
        places=places(where, seen.place),
        severity=severity,
        confidence=0.9 if trouble.proven else 0.8,
        measured={
            "minimum": stats.minimum,
            "maximum": stats.maximum,
            "mean": stats.mean,
            "std": stats.std,
            "samples": stats.samples,
            "normalize": written or None,
        },
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted"),
        fix=_fix(stored, trouble, constants),
    )


def _fix(
    stored: ImageStats | None, trouble: Trouble, constants: tuple[_Constants, ...]
) -> Fix | None:
    if "before the last" in trouble.says:
        return Fix("normalize once: take the last Normalize out, or the scaling before it")
    if stored is None or stored.maximum is None or not constants:
        return Fix("scale the pixels once, to 0..1, and give Normalize constants in these units")
    unit = 255.0 if stored.maximum > 2 else 1.0
    means = tuple(round((m or 0.0) / unit, 4) for m in stored.channel_mean)
    stds = tuple(round((s or 0.0) / unit, 4) for s in stored.channel_std)
    return Fix(
        f"write transforms.Normalize({_numbers(means)}, {_numbers(stds)}): the mean and standard "
        f"deviation of {stored.samples} stored training images, in units of 0..1"
    )


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{v:g}" for v in values) + ("," if len(values) == 1 else "") + ")"


def _stored(samples: Samples | None) -> ImageStats | None:
    train = samples.of("train") if samples else ()
    return next((s.raw for s in train if s.raw is not None and s.raw.minimum == 0), None)


def _place(
    source: Source | None,
    loader: LoaderFacts | None,
    passes: Passes | None,
    constants: tuple[_Constants, ...],
) -> Place | None:
    """The Normalize at fault; without one, where the images became numbers."""
    if source is None:
        return None
    written = source.calls_to("*.Normalize", "*.normalize")
    block = transform_of(source, loader.dataset) if loader else None
    inside = [c for c in written if block is not None and within(c.place, block)]
    known = [c for c in inside or written if not constants or _has(c, constants[-1])]
    if known:
        return known[-1].place if inside else known[0].place
    trained, loaders = passes.of("train") if passes else (), (loader,) if loader else ()
    made = by_hand(source, loader) if not constants else None
    if made is None and trained:
        made = input_made(source, trained[-1], loader_of(trained[-1], loaders))
    return made or pixels_made(source, loader)


def _has(call: Call, constants: _Constants) -> bool:
    """Whether these may be the constants of the call: they are, or they are not written out."""
    mean = call.argument("mean")
    if mean is None or not mean.is_constant:
        return True
    given = mean.constant if isinstance(mean.constant, tuple) else (mean.constant,)
    return tuple(given) == constants[0] or (len(given) == 1 and set(constants[0]) == set(given))


def suspect(source: Source) -> list[Finding]:
    """ToTensor() of pictures directly followed by constants in units of 0..255."""
    found = []
    for call in source.calls_to("*.Normalize"):
        mean = call.argument("mean")
        values = mean.constant if mean is not None and mean.is_constant else None
        values = values if isinstance(values, tuple) else (values,)
        large = all(isinstance(v, (int, float)) and v > 2 for v in values)
        if large and call.name.startswith("torchvision") and behind_to_tensor(source, call):
            assert mean is not None
            found.append(
                Finding(
                    says=f"ToTensor() scales pictures to 0..1, and the Normalize behind it takes "
                    f"{mean.text} off: its constants are in units of 0..255",
                    places=(call.place,),
                    severity="error",
                    confidence=0.9,
                    fix=Fix("divide both constants by 255"),
                    explains=("loss-not-decreasing", "underfitting"),
                )
            )
    return found


def prove(
    normalized: InputsNormalized,
    flow: DataFlow,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """With inputs of mean 0 and spread 1 the same steps learn."""
    entering = flow.entering("train")
    stats = entering.model if entering is not None else None
    if entering is None or stats is None or stats.mean is None or stats.std is None:
        return []
    if max(abs(stats.mean), stats.std) > RAW:
        return []  # pixels as they are: unscaled-inputs
    return proven(
        gained(normalized),
        learning(run, losses, training, passes),
        f"inputs reach the network with mean {stats.mean:.3g} and spread {stats.std:.3g}",
        places(entering.place),
        "normalize with the mean and standard deviation of the training images",
        confidence=0.7,
    )


SAFE = "other constants change the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    found = re.match(r"write transforms\.Normalize\((\(.*?\)), (\(.*?\))\)", told(finding))
    if found is None:
        return copied(finding, source) or left_as_given(finding, source)
    return [
        SetArgument(call.place, (), "Normalize", name, value, position, anyhow=True)
        for call in source.calls_to("*.Normalize")
        for position, (name, value) in enumerate((("mean", found[1]), ("std", found[2])))
    ]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms

torch.manual_seed(0)
pixels, digits = load_digits(return_X_y=True)
pixels = (pixels / 16 * 255).astype("uint8").reshape(-1, 8, 8)
transform = transforms.Compose([
    transforms.ToPILImage(),
    transforms.ToTensor(),
    transforms.Normalize((77.5,), (95.8,)),  # <- here
])


class Digits(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return len(digits)

    def __getitem__(self, index):
        return self.transform(pixels[index]), int(digits[index])


train_set, test_set = random_split(Digits(transform), [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
print(f"test accuracy: {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace("(77.5,), (95.8,)),  # <- here", "(0.304,), (0.376,)),")
