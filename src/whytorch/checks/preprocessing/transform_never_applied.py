"""A transform that the images never go through.

What it looks for
    A data set was built with a transform, and the script then takes the stored images out of it
    (dataset.data, dataset.imgs) instead of drawing items: no item is ever asked for, so that the
    transform never runs. Only where what it would have done is missing in the images that enter the
    network: the scaling, the normalization, the augmentation.

Why it hurts
    The attributes hold the images as they were stored, 0 to 255. Scaling, Normalize and random
    augmentation stand in the script, and nothing of it reaches the network.

How to fix it
    Draw items: give the data set itself to DataLoader, or index it, dataset[i]. And take what a
    transform returns: item = flip(item).

When it is fine
    Taking dataset.data and scaling it by hand. dataset.targets, dataset.classes and len(dataset)
    beside a loader that draws the items.

References
    torchvision.datasets.MNIST: the transform is applied in __getitem__.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks._learning import learning
from whytorch.checks.preprocessing import _in_vain
from whytorch.evidence.facts import (
    DataFlow,
    LossCalls,
    Passes,
    Run,
    Samples,
    TensorStats,
    Training,
)
from whytorch.evidence.source import Call, Source, Value
from whytorch.records import Finding, Fix, NotJudged, Place

_STORED = ("data", "imgs", "samples", "train_data", "test_data", "images")
# What tells nothing about pixels may be asked of a data set without drawing an item.
_HARMLESS = ("targets", "labels", "classes", "class_to_idx", "train_labels", "test_labels",
             "root", "train", *_STORED)  # fmt: skip
_SETS = ("MNIST", "FashionMNIST", "KMNIST", "QMNIST", "EMNIST", "CIFAR10", "CIFAR100", "SVHN",
         "USPS", "STL10", "ImageFolder", "DatasetFolder")  # fmt: skip
_RANDOM = re.compile(r"Random(?!State)|ColorJitter|AutoAugment|TrivialAugment|RandAugment|AugMix")
_SCALES = re.compile(r"ToTensor|ToDtype|ConvertImageDtype")
LARGE = 20.0  # no image is that bright once it is scaled


class Bypassed(Struct, frozen=True):
    """A data set whose transform never runs: its name, the call, the transform, the reading."""

    name: str
    call: Call
    transform: str
    read: Place
    attribute: str


def decide(
    data: DataFlow,
    source: Source,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    samples: Samples | None,
) -> list[Finding] | NotJudged:
    seen = data.entering("train")
    if seen is None:
        return NotJudged("no input of a training step was seen")
    outcome = learning(run, losses, training, passes)
    drawn = {x.dataset.kind for x in data.loaders} | {
        kind for x in data.loaders for kind in x.dataset.chain
    }
    for one in bypassed(source):
        if one.call.last in drawn:
            continue  # another of its kind is drawn from; which one, the source left open
        lacking = _lacking(one, seen.first_layer or seen.model)
        if lacking:
            mild = outcome.works or "with values up to" not in lacking
            return [_finding(one, lacking, "warning" if mild else "error")]
    return _in_vain.decide(samples, passes, source)


def bypassed(source: Source) -> Iterator[Bypassed]:
    """Data sets with a transform of which only the stored images are read."""
    own = [c for c in source.classes if any(b.endswith("Dataset") for b in c.bases)]
    names = [f"*.{name}" for name in _SETS] + [c.name for c in own]
    for call in source.calls_to(*names):
        transform = _given(source, call)
        if transform is None or transform.text == "None":
            continue
        name = _name(source, call)
        if name is None or _elsewhere(source, name, call.place.path):
            continue
        uses = _uses(_code(source, call.place.path), name)
        read = [(line, use) for line, use in uses if use in _STORED]
        if read and all(use in _HARMLESS for _, use in uses):
            place = Place(call.place.path, read[0][0])
            yield Bypassed(name, call, _written(source, call, transform), place, read[0][1])


def _given(source: Source, call: Call) -> Value | None:
    """The transform that the data set is built with."""
    known = call.argument("transform")
    if known is not None:
        return known
    made = [f for f in source.functions if f.qualname == f"{call.last}.__init__"]
    parameters = made[0].parameters[1:] if made else ()
    position = parameters.index("transform") if "transform" in parameters else len(call.args)
    return call.args[position] if position < len(call.args) else None


def _elsewhere(source: Source, name: str, path: str) -> bool:
    """Whether another file may use it too."""
    word = re.compile(rf"\b{re.escape(name.rpartition('.')[2])}\b")
    return any(word.search(line) for f in source.files if f.path != path for line in f.lines)


def _name(source: Source, call: Call) -> str | None:
    """The one name that this call is assigned to and nothing else is."""
    found = [
        a
        for a in source.assignments
        if a.place.path == call.place.path
        and a.place.line <= call.place.line <= (a.place.end_line or a.place.line)
        and a.value is not None
        and a.value.text.startswith(call.raw)
    ]
    if len(found) != 1 or len(found[0].targets) != 1:
        return None
    name = found[0].targets[0]
    same = [a for a in source.assignments if name in a.targets]
    return name if len(same) == 1 and re.fullmatch(r"(self\.)?\w+", name) else None


def _code(source: Source, path: str) -> list[str]:
    return [line for file in source.files if file.path == path for line in file.lines]


def _uses(lines: list[str], name: str) -> list[tuple[int, str]]:
    """(line, what is read of it) for every time the name stands in the code: an attribute, "len",
    or "" for the data set itself."""
    found = []
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)(\.\w+)?")
    for number, line in enumerate(lines, 1):
        code = line.split("#")[0]
        for use in word.finditer(code):
            after = code[use.end() :].lstrip()
            if use[1] is None and after.startswith("=") and not after.startswith("=="):
                continue  # its own assignment
            if use[1] is None and code[: use.start()].rstrip().endswith("len("):
                found.append((number, "targets"))
                continue
            found.append((number, (use[1] or "").lstrip(".")))
    return found


def _written(source: Source, call: Call, transform: Value) -> str:
    """The transform as it is written, through names and lists, as far as the source tells."""
    text = transform.text
    for _ in range(3):  # a list in a list
        for name in set(re.findall(r"\b[A-Za-z_]\w*\b", text)):
            made = [a.value.text for a in source.assignments if a.targets == (name,) and a.value]
            if len(made) == 1 and made[0] not in text:
                text += " " + made[0]
    return text


def _lacking(one: Bypassed, stats: TensorStats) -> str:
    """What the transform would have done and the network's input does not show."""
    if _SCALES.search(one.transform) and (stats.maximum or 0.0) > LARGE:
        return f"the training images enter the network with values up to {stats.maximum:.4g}"
    if _RANDOM.search(one.transform):
        return "its random augmentation never happens"
    if "Normalize(" in one.transform and (stats.minimum or 0.0) >= 0 and (stats.maximum or 0) <= 1:
        return f"the images enter the network with values from 0 to {stats.maximum:.4g}"
    return ""


def _finding(one: Bypassed, lacking: str, severity: str) -> Finding:
    return Finding(
        says=f"{one.name} has a transform, and only {one.name}.{one.attribute} is read, which "
        f"holds the images as they were stored: no item is drawn, and {lacking}",
        places=places(one.read, one.call.place),
        severity="error" if severity == "error" else "warning",
        confidence=0.85,
        measured={"attribute": one.attribute},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance", "overfitting"),
        fix=Fix(f"give {one.name} itself to DataLoader, or apply the transform to each image"),
    )


def suspect(source: Source) -> list[Finding]:
    """Random augmentation that stands in the transform and never runs."""
    return [
        _finding(one, "its random augmentation never happens", "warning")
        for one in bypassed(source)
        if _RANDOM.search(one.transform)
    ]


PASTE = """
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)  # items, not train_set.data
"""

BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

torch.manual_seed(0)
bunch = load_digits()


class Digits(Dataset):
    def __init__(self, rows, transform=None):
        self.data = torch.tensor(bunch.images[rows] * 15).to(torch.uint8)
        self.targets = torch.tensor(bunch.target[rows])
        self.transform = transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        return self.transform(self.data[index].numpy()), int(self.targets[index])


scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.29,), (0.35,))])
varied = transforms.Compose([scaled, transforms.RandomAffine(5, translate=(0.05, 0.05))])
train = Digits(slice(0, 1400), transform=varied)
test = Digits(slice(1400, 1797), transform=scaled)
train_set = TensorDataset(train.data.float().unsqueeze(1), train.targets)  # <- here
test_set = TensorDataset(test.data.float().unsqueeze(1), test.targets)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(3):
    model.train()
    for images, labels in DataLoader(train_set, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
hits = 0
with torch.no_grad():
    for images, labels in DataLoader(test_set, batch_size=200):
        hits += (model(images).argmax(1) == labels).sum().item()
print(f"test accuracy: {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace(
    """train_set = TensorDataset(train.data.float().unsqueeze(1), train.targets)  # <- here
test_set = TensorDataset(test.data.float().unsqueeze(1), test.targets)
""",
    "train_set, test_set = train, test\n",
)
