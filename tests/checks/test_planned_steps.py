"""What a run that was cut short shows, once its loops say how much was to come."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.catalog import find, judge
from whytorch.evidence.facts import (
    GroupFacts,
    OptimizerFacts,
    Passes,
    PassFacts,
    Run,
    StepFacts,
    Training,
)
from whytorch.records import Finding, NotJudged, Place

DATA = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x = nn.functional.interpolate(x, size=(64, 64)) * 2 - 1
data = TensorDataset(x, torch.tensor(y))
"""
SIGMOIDS = """
model = nn.Sequential(
    nn.Conv2d(1, 32, 5, padding=2), nn.Sigmoid(), nn.MaxPool2d(2),
    nn.Conv2d(32, 32, 5, padding=2), nn.Sigmoid(), nn.MaxPool2d(2),
    nn.Conv2d(32, 32, 5, padding=2), nn.Sigmoid(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(32 * 64, 120), nn.Sigmoid(), nn.Linear(120, 10),
)
"""
TRAINING = """
optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
for epoch in range(60):
    for images, labels in DataLoader(data, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
"""
BUDGET = 6.0


def found(folder: Path, rate: float, momentum: float = 0.9, more: str = "") -> dict[str, Finding]:
    loop = TRAINING.replace("RATE", str(rate)).replace("MOMENTUM", str(momentum))
    path = folder / "train.py"
    path.write_text(DATA + SIGMOIDS + more + loop)
    report = warm.diagnose(path, folder, budget=BUDGET)
    assert report.run.time_lapse.shortened, "else the whole training was seen"
    return {f.id: f for f in report.findings}


def test_sigmoids_whose_first_layer_would_not_move_in_the_whole_training(tmp_path: Path) -> None:
    one = found(tmp_path, 0.001)["unsuitable-activation"]
    assert one.severity == "error"


def test_a_rate_at_which_nothing_would_move_is_not_the_sigmoids_fault(tmp_path: Path) -> None:
    assert found(tmp_path, 1e-7)["unsuitable-activation"].grade == "suspected"


def test_sigmoids_that_may_wake_up_are_not_accused(tmp_path: Path) -> None:
    """LeNet as it was published stands still for an epoch or two, at a high rate."""
    wide = (
        "\nfor layer in model:\n"
        "    if isinstance(layer, (nn.Conv2d, nn.Linear)):\n"
        "        nn.init.xavier_uniform_(layer.weight)\n"
    )
    all_found = found(tmp_path, 0.1, 0.0, wide)
    assert "error" not in {f.severity for f in all_found.values()}, all_found


@pytest.mark.parametrize(
    ("planned", "update", "severities"),
    [
        (20, 2e-4, ["error"]),  # 0.4 % of the weights' size in all; 60 % in batches of 32
        (20, 1.75e-5, ["error"]),  # of the first four steps: momentum has not added them up yet
        (None, 2e-4, ["advice"]),  # nobody knows how many epochs there would have been
        (4000, 2e-4, ["advice"]),
        (20, 5e-3, ["advice"]),  # ten hundredths: some networks learn in so few steps
        (20, 1e-6, ["advice"]),  # a rate that smaller batches would not save
    ],
)
def test_batches_so_large_that_hardly_a_step_is_planned(
    planned: int | None, update: float, severities: list[str]
) -> None:
    run = Run("finished", steps=4, backwards=4, shortened=True, training_shortened=True,
              planned_steps=planned, classification=True, classes=10)  # fmt: skip
    here = Place("train.py", 7)
    trace = tuple(
        StepFacts(i, 2.3, True, 0.001, i, update_ratio=update, batch=5000, optimizer=0)
        for i in range(4)
    )
    groups = (GroupFacts(0.001, 0.9, 0.0, 2, 2),)
    made = OptimizerFacts("SGD", here, groups, 4, here)
    training = Training(4, 4, optimizers=(made,), trace=trace)
    passes = Passes((PassFacts(
        0, "train", None, here, batches=2, samples=10_000, planned_batches=4, shortened=True,
        steps=2, first_step=0, grad_enabled=True, train_mode=True,
    ),))  # fmt: skip
    check = find("batch-size-too-large")
    found = judge(check, {Run: run, Training: training, Passes: passes})
    assert not isinstance(found, NotJudged)
    assert [f.severity for f in found] == severities
