"""Image sizes that do not fit.

What it looks for
    The size of the images as they are stored against the size at which they enter the network:
    enlarged twelve times a side or more, or shrunk to a tenth or less, where the network did not
    learn the task well. And a batch that cannot be put together, because its images differ in size.

Why it hurts
    Images of two sizes make no batch, enlarging adds no detail, and shrinking removes what tells
    the classes apart. In an enlarged image each kernel sees a flat patch, training takes a hundred
    times as long, and layers that would see the object see a corner of it.

How to fix it
    Resize both sides to the size the network is made for, near that of the images: 28 to 64 pixels
    for small sets with a small network, 224 for networks pretrained on ImageNet.

When it is fine
    Small images enlarged to 224 or 299 for a pretrained network. Photos shrunk to 64 or 128 pixels.
    A network that learns well all the same.

References
    H. Touvron and others, Fixing the train-test resolution discrepancy (2019).
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._places import pixels_made, transform_of, within
from whytorch.checks._promises import mends
from whytorch.checks._rewriting import number, setting
from whytorch.evidence.facts import (
    CrashFacts,
    DataFlow,
    LoaderFacts,
    LossCalls,
    Passes,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place

# 28 pixels to 299, what Inception wants, is 10.7; 256 to 28 or 32, as quick trials do, is 8 to 9.
ENLARGED = 12.0
SHRUNK = 10.0
SMALL = 32  # pixels a side; what is larger still shows what most photos are of
ENOUGH = 16  # images looked at
_STACK = re.compile(r"to be equal size, but got \[([\d, ]*)\] at entry 0 and \[([\d, ]*)\]")


def decide(
    samples: Samples | None,
    data: DataFlow | None,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    loaders = data.loaders if data else ()
    if run.crash is not None and (uneven := _uneven(run.crash, loaders, source)):
        return [uneven]
    train = samples.of("train") if samples else ()
    known = [s for s in train if s.raw_sides and s.drawn and s.drawn.shape]
    if not known:
        return NotJudged("needs the stored images behind a training set; none could be looked at")
    outcome = learning(run, losses, training, passes)
    for one in known:
        sides = _sides(one)
        if sides is None or one.looked_at < ENOUGH:
            continue
        stored, given = sides
        enlarged, shrunk = given / stored >= ENLARGED, stored / given >= SHRUNK and given <= SMALL
        if (enlarged or shrunk) and not outcome.works:
            loader = next((x for x in loaders if x.id == one.loader), None)
            return [_finding(one, stored, given, outcome, _place(source, loader))]
    return []


def _uneven(
    crash: CrashFacts, loaders: tuple[LoaderFacts, ...], source: Source | None
) -> Finding | None:
    """Images of several sizes, which torch could not stack to one batch."""
    found = _STACK.search(crash.message)
    shapes = [[int(n) for n in part.split(",")] for part in found.groups()] if found else []
    images = all(len(s) == 3 and s[0] in (1, 3, 4) for s in shapes)
    if not shapes or not images or shapes[0][0] != shapes[1][0] or crash.during != "data":
        return None
    loader = loaders[-1] if loaders and source else None
    block = transform_of(source, loader.dataset) if loader and source else None
    return Finding(
        says=f"the images of one batch differ in size: {shapes[0]} and {shapes[1]}",
        places=places(_place(source, loader) if block else None, *crash.frames[-1:]),
        confidence=0.95,
        measured={"first": shapes[0], "second": shapes[1]},
        explains=("crash",),
        fix=Fix("give the transform a size for both sides: transforms.Resize((224, 224))"),
    )


def _sides(one: SampleSet) -> tuple[int, int] | None:
    """(the stored images' shorter side, that of what enters the network)."""
    shape = one.drawn.shape if one.drawn else None
    if one.same_as_raw or one.raw_sides is None or shape is None or len(shape) != 3:
        return None
    return one.raw_sides[1], min(shape[1:])


def _finding(
    one: SampleSet, stored: int, given: int, outcome: Learning, where: Place | None
) -> Finding:
    larger = given > stored
    times = given / stored if larger else stored / given
    done = "enlarged" if larger else "shrunk"
    wanted = max(16, min(224, stored)) if larger else min(stored, 64)
    return Finding(
        says=f"the stored training images have {stored} pixels on the shorter side (median of "
        f"{one.looked_at}) and enter the network with {given}: {done} {times:.0f} times"
        f"{outcome.reached()}",
        places=places(where, one.place),
        severity="warning",
        confidence=0.7,
        measured={"stored_side": stored, "given_side": given, "images": one.looked_at},
        explains=("underfitting", "loss-not-decreasing", "slow"),
        fix=Fix(f"write transforms.Resize(({wanted}, {wanted})) and fit the network to that size"),
    )


def _place(source: Source | None, loader: LoaderFacts | None) -> Place | None:
    """The resize in the transform, else where the pixels are made."""
    if source is None:
        return None
    resizes = source.calls_to("*.Resize", "*.RandomResizedCrop", "*.resize", "*.interpolate")
    block = transform_of(source, loader.dataset) if loader else None
    inside = [c for c in resizes if block is not None and within(c.place, block)]
    if not resizes and block is not None:
        return block
    if inside or len(resizes) == 1:
        return (inside or list(resizes))[0].place
    return pixels_made(source, loader)


SAFE = "the network sees images of another size"
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new = number(r"write transforms\.Resize\((\(\d+, \d+\))\)", finding)
    return setting(finding, source, ("Resize",), "size", new) if new else []


BAD = """
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
digits = load_digits()
transform = transforms.Compose([
    transforms.Resize((96, 96)),  # <- here
    transforms.ToTensor(),
    transforms.Normalize((0.3,), (0.35,)),
])


class Digits(Dataset):
    def __init__(self, rows, transform):
        self.rows, self.transform = rows, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        image = Image.fromarray((digits.images[row] * 15).astype("uint8"))
        return self.transform(image), int(digits.target[row])


rows = torch.randperm(len(digits.target)).tolist()
train_loader = DataLoader(Digits(rows[:400], transform), batch_size=25, shuffle=True)
test_loader = DataLoader(Digits(rows[400:600], transform), batch_size=50)
model = nn.Sequential(
    nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
    nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 10)
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(3):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
print(f"test accuracy: {hits / 200:.3f}")
"""

GOOD = BAD.replace("(96, 96)),  # <- here", "(16, 16)),")
