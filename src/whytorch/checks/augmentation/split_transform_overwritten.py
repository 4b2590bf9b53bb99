"""A split's transform overwrites that of the other split.

What it looks for
    A transform assigned through a part of random_split or Subset (`val_set.dataset.transform =
    ...`), where training and evaluation are parts of one and the same data set object: both then
    draw with the transform that was set last, and not with the two that the script gave.

Why it hurts
    The parts share their parent. Either the evaluation gets the augmentation of the training, or
    the training loses it, and nothing says so.

How to fix it
    Build the data set twice, once with each transform, and take Subset(train_data, indices) and
    Subset(test_data, indices) with the same indices.

When it is fine
    One transform meant for both parts. A copy of the parent (`val_set.dataset = copy(...)`). A
    transform that is set anew before each use.

References
    torch.utils.data.Subset; torch.utils.data.random_split.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import statement, text
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.evidence.facts import DataFlow, DatasetFacts, LoaderFacts, TransformSet
from whytorch.evidence.source import Assignment, Source
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place

_THROUGH = re.compile(r"^(.+?)(\.dataset)+\.transforms?$")
_SYMPTOMS = ("overfitting", "evaluation-far-below-training")


def decide(data: DataFlow) -> list[Finding] | NotJudged:
    pairs = [
        (train, test)
        for train in data.feeding("train")
        for test in data.feeding("eval")
        if train.id != test.id and train.dataset.base is not None
    ]
    if not pairs:
        return NotJudged("needs a training and an evaluation loader")
    found = (_overwritten(*pair) for pair in pairs)
    return [f for f in found if f][:1]


def _overwritten(train: LoaderFacts, test: LoaderFacts) -> Finding | None:
    if train.dataset.base != test.dataset.base:
        return None  # each has a parent of its own
    last = train.dataset.transform_number
    if last is None or last != test.dataset.transform_number:
        return None  # set anew between their uses
    history = list(train.dataset.transforms_set)
    setters = [n for n, one in enumerate(history) if one.number == last and _through_a_part(one)]
    if len(setters) != 1:
        return None  # not set through a part, or given to both of them
    setter, before = history[setters[0]], history[: setters[0]]
    lost = [one for one in before if one.number is not None][-1:]
    if lost and lost[0].number != last and lost[0].transforms != setter.transforms:
        return _finding(setter, lost[0], train.dataset, test.dataset)
    if not lost and random_ones(setter.transforms):  # meant for training alone
        return _finding(setter, None, train.dataset, test.dataset)
    return None


def _through_a_part(one: TransformSet) -> bool:
    """Assigned to the parent of a Subset: that line says `.dataset`, whatever the names."""
    return one.place is not None and re.search(r"\.dataset\b", one.place.code or "") is not None


def _finding(
    setter: TransformSet, lost: TransformSet | None, train: DatasetFacts, test: DatasetFacts
) -> Finding:
    drawn = random_ones(setter.transforms)
    before = random_ones(lost.transforms) if lost else []
    if drawn:
        effect = f"the evaluation gets the random {named(drawn)} too"
    elif before:
        effect = f"the training has lost its random {named(before)}"
    else:
        effect = f"the one set before ({named(lost.transforms) if lost else 'none'}) is gone"
    return Finding(
        says=f"the transform set here goes to the data set that both parts share "
        f"({train.length} training and {test.length} evaluation samples of one {train.chain[-1]}): "
        f"{effect}",
        places=places(setter.place, lost.place if lost else None, train.place),
        severity="warning",
        confidence=0.95,
        measured={
            "training_samples": train.length,
            "evaluation_samples": test.length,
            "transforms_in_use": [t.name for t in setter.transforms],
            "transforms_lost": [t.name for t in lost.transforms] if lost else [],
        },
        explains=_SYMPTOMS,
        fix=Fix(
            f"build {train.chain[-1]} twice, once with each transform, and write "
            "Subset(train_data, train_part.indices) and Subset(test_data, test_part.indices)"
        ),
    )


# --- what the source alone proves -------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """Two parts of one random_split are given two different transforms."""
    splits = source.calls_to(
        "torch.utils.data.random_split", "torch.utils.data.dataset.random_split"
    )
    if not splits:
        return []
    given = [(a, name) for a in source.assignments if (name := _part(a))]
    found = []
    for (first, one), (second, other) in pairwise(given):
        together = first.function == second.function and first.place.path == second.place.path
        if one == other or not together or _text(first) == _text(second):
            continue
        if _parts_of_one_split(source, one, other, second.place) and not _copied(source, second):
            found.append(_suspected(first, second))
    return found[:1]


def _part(assignment: Assignment) -> str | None:
    if assignment.augmented or len(assignment.targets) != 1 or assignment.value is None:
        return None
    found = _THROUGH.match(assignment.targets[0])
    return found.group(1) if found else None


def _text(assignment: Assignment) -> str:
    return assignment.value.text if assignment.value else ""


def _parts_of_one_split(source: Source, one: str, other: str, before: Place) -> bool:
    made = [
        a
        for a in source.assignments
        if a.place.path == before.path and {one, other} & set(a.targets)
    ]
    return (
        len(made) == 1
        and {one, other} <= set(made[0].targets)
        and made[0].value is not None
        and re.match(r"(\w+\.)*random_split\(", made[0].value.text) is not None
    )


def _copied(source: Source, second: Assignment) -> bool:
    """A part was given a parent of its own."""
    return any(
        target.endswith(".dataset")
        for a in source.assignments
        if a.place.path == second.place.path
        for target in a.targets
    )


def _suspected(first: Assignment, second: Assignment) -> Finding:
    one, other = _part(first), _part(second)
    return Finding(
        says=f"{one} and {other} are parts of one data set: {other}.dataset is {one}.dataset, and "
        f"{_text(second)} replaces {_text(first)} for both",
        places=places(second.place, first.place),
        severity="warning",
        grade="suspected",
        confidence=0.85,
        explains=_SYMPTOMS,
        fix=Fix(
            f"build the data set twice, once with {_text(first)} and once with {_text(second)}, "
            f"and write Subset(..., {one}.indices) and Subset(..., {other}.indices)"
        ),
    )


SAFE = "each part gets a transform of its own, where they shared one"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    edits: list[AnyEdit] = []
    for place in finding.places[:2]:
        node = statement(source, place)
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Attribute):
            return []
        shared = text(source, place, target.value)
        edits.append(InsertBefore(place, ("import copy",), f"{shared} = copy.copy({shared})"))
    return edits


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms


class Digits(Dataset):
    def __init__(self, transform=None):
        x, y = load_digits(return_X_y=True)
        self.x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y, self.transform = torch.tensor(y), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


torch.manual_seed(0)
augment = transforms.Compose([transforms.RandomCrop(8, padding=1), transforms.Normalize(0.3, 0.4)])
plain = transforms.Normalize(0.3, 0.4)
train_set, test_set = random_split(Digits(), [1400, 397])
train_set.dataset.transform = augment
test_set.dataset.transform = plain  # <- here
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch}: accuracy {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace(
    """train_set, test_set = random_split(Digits(), [1400, 397])
train_set.dataset.transform = augment
test_set.dataset.transform = plain  # <- here
""",
    """train_part, test_part = random_split(range(1797), [1400, 397])
train_set = torch.utils.data.Subset(Digits(augment), train_part.indices)
test_set = torch.utils.data.Subset(Digits(plain), test_part.indices)
""",
)
