"""Red and blue are swapped between training and evaluation.

What it looks for
    The mean red and the mean blue of the images differ clearly in training, and in evaluation they
    differ by the same amount the other way round, while green stays: one part is read as RGB, the
    other as BGR. Or the loop of one part exchanges the channels of each batch, that of the other
    does not.

Why it hurts
    Every colour that the network has learned means another one in the evaluation: orange becomes
    blue. How much accuracy that costs depends on how much the classes differ in colour.

How to fix it
    Convert where the images are read: cv2.cvtColor(image, cv2.COLOR_BGR2RGB) behind cv2.imread, or
    image[..., ::-1].copy(), in both parts alike.

When it is fine
    BGR in both parts, for a network that was trained so. Grey images. Evaluation images of another
    tint, where the three channels do not simply change places.

References
    OpenCV, imread: "In the case of color images, the decoded images will have the channels stored
    in B G R order."
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._handed import in_one_alone, loop_place
from whytorch.checks._helpers import listed, places
from whytorch.checks._places import class_of, within
from whytorch.checks._promises import pays
from whytorch.checks._repairs import own_change
from whytorch.checks._rewriting import at, statement, text, told
from whytorch.checks._splits import evaluation_place, lost, of_like_classes, splits
from whytorch.checks.preprocessing import _restored
from whytorch.evidence.facts import (
    DataFlow,
    ImageStats,
    LossCalls,
    Passes,
    Phase,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.facts.experiments import EvaluationRestored
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression, Severity

# Standard errors that red and blue must be apart in each part: four are no chance, however many
# data sets are looked at.
APART = 4.0
ENOUGH = 32  # images of each part
LOST = 0.1  # of the skill: below, the swap costs next to nothing


def decide(
    samples: Samples,
    run: Run,
    data: DataFlow | None,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    pairs = [pair for pair in splits(samples) if _coloured(pair[0]) and _coloured(pair[1])]
    if not samples.pairs and not samples.handed:
        return NotJudged("needs training and evaluation images that could be looked at")
    gap = lost(run, losses, training, passes)
    exchanged = in_one_alone(samples, "channels")
    if exchanged is not None:
        return [_in_the_loop(samples, exchanged, loop_place(source, passes, exchanged), gap)]
    for train, evaluation in pairs:
        if not of_like_classes(train, evaluation):
            continue
        for a, b in ((train.raw, evaluation.raw), (train.drawn, evaluation.drawn)):
            if a is not None and b is not None and _swapped(a, b):
                where = _place(train, evaluation, passes, data, source)
                return [_finding(a, b, places(where, evaluation.place), gap)]
    return []


def _coloured(one: SampleSet) -> bool:
    return one.drawn is not None and len(one.drawn.channel_mean) == 3


def _swapped(a: ImageStats, b: ImageStats) -> bool:
    if min(a.samples, b.samples) < ENOUGH or len(a.channel_mean) != 3 or len(b.channel_mean) != 3:
        return False
    if (a.maximum or 0.0) > 4 * max(b.maximum or 0.0, 1e-9) or (b.maximum or 0.0) > 4 * max(
        a.maximum or 0.0, 1e-9
    ):
        return False  # in other units
    one, other = _gap(a), _gap(b)
    if one is None or other is None or one * other >= 0:
        return False
    ratio = abs(one / other)
    here, there = _tint(a), _tint(b)
    as_given = sum(abs(p - q) for p, q in zip(here, there, strict=True))
    exchanged = sum(abs(p - q) for p, q in zip(here, reversed(there), strict=True))
    return 0.5 < ratio < 2 and exchanged < 0.5 * as_given


def _tint(stats: ImageStats) -> list[float]:
    """The channels' means, each less the mean of all: one part may be darker than the other."""
    means = [m or 0.0 for m in stats.channel_mean]
    return [m - sum(means) / len(means) for m in means]


def _gap(stats: ImageStats) -> float | None:
    """Mean red less mean blue, in its own unit; None where it may be chance."""
    red, _, blue = (m or 0.0 for m in stats.channel_mean)
    if stats.ends_spread is None:
        return None
    error = stats.ends_spread / stats.samples**0.5
    return red - blue if abs(red - blue) > APART * error and red != blue else None


def _in_the_loop(samples: Samples, phase: Phase, where: Place | None, gap: float | None) -> Finding:
    one, other = ("training", "evaluation") if phase == "train" else ("evaluation", "training")
    seen = samples.handed[phase]
    return Finding(
        says=f"the loop of the {one} hands {seen.changes['channels']} of {seen.images} images on "
        f"with their first and last channels exchanged, that of the {other} as they are",
        places=places(where),
        severity=_severity(gap),
        confidence=0.95,
        measured={"exchanged": seen.changes["channels"], "images": seen.images, "lost": gap},
        explains=("evaluation-far-below-training",),
        fix=Fix("take the exchange out of this loop, or make it in both"),
    )


def _severity(gap: float | None) -> Severity:
    return "warning" if gap is None else "error" if gap >= LOST else "advice"


def _finding(a: ImageStats, b: ImageStats, where: tuple[Place, ...], gap: float | None) -> Finding:
    here, there = listed(a.channel_mean), listed(b.channel_mean)
    return Finding(
        says=f"the channel means are {here} in training and {there} in evaluation "
        f"({a.samples} and {b.samples} images): the first and the last have changed places",
        places=where,
        severity=_severity(gap),
        confidence=0.85,
        measured={
            "training_mean": list(a.channel_mean), "evaluation_mean": list(b.channel_mean),
            "lost": gap,
        },
        explains=("evaluation-far-below-training",),
        fix=Fix("read both parts alike: behind cv2.imread write "
                "image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)"),
    )  # fmt: skip


_SWAPS = re.compile(r"::\s*-1\s*\]|BGR2RGB|RGB2BGR|\[\s*2\s*,\s*1\s*,\s*0\s*\]|\bflip\(")


def _place(
    train: SampleSet,
    evaluation: SampleSet,
    passes: Passes | None,
    data: DataFlow | None,
    source: Source | None,
) -> Place | None:
    """cv2.imread without a conversion in one of the parts; an exchange in one of them; else where
    the evaluation images are made."""
    if source is None:
        return evaluation.place
    loaders = data.loaders if data else ()
    for one in (evaluation, train):
        loader = next((x for x in loaders if x.id == one.loader), None)
        own = class_of(source, loader.dataset) if loader else None
        if own is not None:
            read = [c.place for c in source.calls_to("cv2.imread") if within(c.place, own.place)]
            if read:
                return read[0]
    return _exchange(source) or evaluation_place(evaluation, passes, data, source)


def _exchange(source: Source) -> Place | None:
    """The one line that exchanges channels."""
    swaps = [
        a.place for a in source.assignments if a.value is not None and _SWAPS.search(a.value.text)
    ]
    return swaps[0] if len(swaps) == 1 else None


def prove(
    tried: EvaluationRestored, passes: Passes | None, data: DataFlow | None, source: Source | None
) -> list[Finding]:
    """The means may not tell: many classes, or few images. What the network has learned does."""
    found = _restored.restored(tried)
    if found is None or found.change != _restored.CHANNELS:
        return []
    where = _exchange(source) if source is not None else None
    return [
        Finding(
            says="the images of one part have their channels in another order. Tried: "
            + found.told(),
            places=places(where, _restored.made_for_evaluation(passes, data, source)),
            severity="error",
            confidence=0.93,
            measured=found.measured(),
            explains=("evaluation-far-below-training",),
            fix=Fix("read both parts alike, as RGB or as BGR"),
        )
    ]


SAFE = "the reversal may be meant, where training has it too"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("take the exchange out of this loop") and finding.places:
        return own_change(source, finding.places[0])
    for place in finding.places[:1]:
        node = statement(source, place)
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Subscript) and re.search(r"::-1\)?$", ast.unparse(part.slice)):
                old, new = text(source, place, part), text(source, place, part.value)
                return [ReplaceExpression(at(place, part), old=old, new=new)]
    return []


BAD = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)
fruit = np.array([(0.9, 0.2, 0.1), (0.9, 0.6, 0.1), (0.8, 0.8, 0.3), (0.5, 0.3, 0.4)])


def photos(count):
    kind = rng.integers(0, 4, count)
    image = np.full((count, 12, 12, 3), 0.5) + 0.1 * rng.standard_normal((count, 12, 12, 3))
    image[:, 3:9, 3:9] += fruit[kind][:, None, None] - 0.5
    return image.clip(0, 1), torch.from_numpy(kind)


def data_set(images, kind):
    return TensorDataset(torch.from_numpy(images).float().permute(0, 3, 1, 2) - 0.5, kind)


train_images, train_kind = photos(600)
test_images, test_kind = photos(300)
test_images = test_images[..., ::-1].copy()  # <- here
train_set, test_set = data_set(train_images, train_kind), data_set(test_images, test_kind)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(),
                      nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    model.train()
    for images, labels in DataLoader(train_set, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
hits = 0
with torch.no_grad():
    for images, labels in DataLoader(test_set, batch_size=100):
        hits += (model(images).argmax(1) == labels).sum().item()
print(f"test accuracy: {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace("test_images = test_images[..., ::-1].copy()  # <- here\n", "")
