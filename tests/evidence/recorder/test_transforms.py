"""Transforms as objects: which draw at random, who set them, and what loader workers draw from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import warm

from whytorch.evidence import facts as f
from whytorch.evidence import reading

SCRIPT = """
import random
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms as T
from torchvision.transforms import v2


class AddNoise:
    def __call__(self, x):
        return x + 0.1 * torch.randn_like(x)


class Shift:
    def __call__(self, x):
        return helper(x)


def helper(x):
    return x.roll(random.randint(0, 2), -1)


class Double:
    def __call__(self, x):
        return 2 * x


class Images(Dataset):
    def __init__(self, n, transform=None):
        self.x, self.y, self.transform = torch.rand(n, 1, 8, 8), torch.arange(n) % 3, transform
        self.rng = np.random.RandomState(0)
        self.class_to_idx = {"a": 0, "b": 1, "c": 2}

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


full = Images(90)
a, b = random_split(full, [60, 30])
a.dataset.transform = T.Compose([T.RandomApply([T.ColorJitter(0.4)], p=0.3), T.RandomRotation(0)])
last = v2.Compose([v2.RandomHorizontalFlip(p=0.0), AddNoise(), Shift(), Double(),
                   T.Lambda(lambda x: x + 1)])
b.dataset.transform = last
loader = DataLoader(a, batch_size=20, shuffle=True, worker_init_fn=lambda w: np.random.seed(0))
test = DataLoader(b, batch_size=30, worker_init_fn=lambda w: np.random.seed(w))
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in test:
            print((model(x).argmax(1) == y).sum().item())
"""


def _evidence(folder: Path, text: str) -> dict[type, Any]:
    path = folder / "train.py"
    path.write_text(text)
    rehearsed = warm.rehearse(path, folder)
    made: dict[type, Any] = reading.read_evidence(rehearsed)
    assert made[f.Run].exit == "finished" and not made[f.Run].faults, rehearsed.output
    return made


def test_transforms_are_taken_apart_and_told_whether_they_draw(tmp_path: Path) -> None:
    evidence = _evidence(tmp_path, SCRIPT)
    train, test = evidence[f.DataFlow].loaders
    drawing = {t.name: t.random for t in test.dataset.transforms}
    assert drawing == {
        "RandomHorizontalFlip": False,  # p = 0
        "AddNoise": True,
        "Shift": True,  # by a function it calls
        "Double": False,
        "<lambda>": False,
    }
    drawn_from = {t.name: t.draws_from for t in test.dataset.transforms if t.user}
    assert drawn_from["AddNoise"] == ("torch",) and drawn_from["Shift"] == ("python",)
    assert test.dataset.class_to_idx == {"a": 0, "b": 1, "c": 2}
    given = train.dataset.transforms_set
    assert [[(t.name, t.random) for t in one.transforms] for one in given[:2]] == [
        [],
        [("ColorJitter", True), ("RandomRotation", False)],
    ]
    assert len(given) == 3 and given[2].number == train.dataset.transform_number
    assert train.dataset.base == test.dataset.base
    assert given[1].place and given[1].place.line == 1 + SCRIPT[: SCRIPT.index("a.data")].count(
        "\n"
    )


def test_seeds_of_workers_and_generators_they_carry(tmp_path: Path) -> None:
    train, test = _evidence(tmp_path, SCRIPT)[f.DataFlow].loaders
    assert (train.worker_seeding, test.worker_seeding) == ("constant", "varies")
    assert train.seeded == ("numpy",)
    assert train.dataset.generators == ("Images.rng",)


def test_an_evaluation_that_never_repeats_its_samples_is_seen(tmp_path: Path) -> None:
    drawn = _evidence(tmp_path, SCRIPT)[f.Passes].of("eval")
    assert [one.fresh_share for one in drawn] == [1.0, 1.0]
    fixed = SCRIPT.replace("b.dataset.transform = last", "b.dataset.transform = Double()")
    fixed = _evidence(tmp_path, fixed)[f.Passes].of("eval")
    assert [one.fresh_share for one in fixed] == [1.0, 0.0]
