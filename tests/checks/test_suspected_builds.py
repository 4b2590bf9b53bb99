"""What a script is built like, where the run was too short to tell what it costs: a suspicion, and
a warning where no sound network is built so."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.records import Report

SCRIPT = """
import time
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 8 - 0.6, dtype=torch.float32)[:, None]
x = nn.functional.interpolate(x, size=32)
data = TensorDataset(x, torch.tensor(digits.target))
train_set, test_set = torch.utils.data.random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
model = nn.Sequential(
    LAYERS
)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(40):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        time.sleep(0.01)
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(epoch, "accuracy", hits / len(test_set))
"""
PIXELS = "nn.Conv2d(1, 8, 1), nn.ReLU(), nn.MaxPool2d(4), nn.Conv2d(8, 8, 1), nn.ReLU(),"
COARSE = "nn.Conv2d(1, 8, 11, 8, 5), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),"
POOLED = (
    "nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(16), nn.Conv2d(8, 8, 3, padding=1),"
)
USUAL = (
    "nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1), "
    "nn.ReLU(), nn.MaxPool2d(2),"
)
PATCHES = "nn.Conv2d(1, 8, 8, 8), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.ReLU(),"
ARCHITECTURE = {
    "receptive-field-too-small", "receptive-field-too-large", "unsuitable-pooling",
    "unsuitable-activation",
}  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "suspected"),
    [
        (PIXELS, {"receptive-field-too-small": "warning"}),
        (COARSE, {"receptive-field-too-large": "warning"}),
        (POOLED, {"unsuitable-pooling": "advice"}),
        (USUAL, {}),
        (PATCHES, {}),
    ],
    ids=["pixels", "coarse", "pooled", "usual", "patches"],
)
def test_a_build_that_may_cost_much(tmp_path: Path, layers: str, suspected: dict[str, str]) -> None:
    path = tmp_path / "train.py"
    layers += " nn.Flatten(), nn.LazyLinear(10)"
    path.write_text(SCRIPT.replace("LAYERS", layers), encoding="utf-8")
    report = warm.diagnose(path, tmp_path / "run", budget=5.0, lab=False)
    assert report.run.time_lapse.shortened
    found = [f for f in report.findings if f.id in ARCHITECTURE]
    assert {f.id: f.severity for f in found} == suspected
    assert all(f.grade == "suspected" for f in found if f.severity == "advice")


def shortened(tmp_path: Path, *changes: tuple[str, str]) -> Report:
    text = SCRIPT.replace("LAYERS", f"{USUAL} nn.Flatten(), nn.LazyLinear(10)")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "train.py"
    path.write_text(text, encoding="utf-8")
    report = warm.diagnose(path, tmp_path / "run", budget=5.0, lab=False)
    assert report.run.time_lapse.shortened or report.run.exit == "timeout"
    return report


@pytest.mark.parametrize(("size", "found"), [(700, ["advice"]), (64, [])])
def test_two_steps_an_epoch(tmp_path: Path, size: int, found: list[str]) -> None:
    changes = ("batch_size=16", f"batch_size={size}"), ("sleep(0.01)", "sleep(0.3)")
    report = shortened(tmp_path, *changes)
    assert [f.severity for f in report.findings if f.id == "batch-size-too-large"] == found


@pytest.mark.parametrize(("rule", "found"), [("% 10 == 9", ["advice"]), ("% 2 == 1", [])])
def test_a_rare_class_that_is_missed_so_far(tmp_path: Path, rule: str, found: list[str]) -> None:
    labels = f"(torch.tensor(digits.target) {rule}).long()"
    report = shortened(tmp_path, ("torch.tensor(digits.target)", labels))
    shown = [f.severity for f in report.findings if f.id == "accuracy-on-imbalanced-classes"]
    assert shown == found


@pytest.mark.parametrize(("share", "found"), [(0.95, ["warning"]), (0.5, [])])
def test_hardly_anything_is_kept(tmp_path: Path, share: float, found: list[str]) -> None:
    layers = ("nn.Flatten(), nn.LazyLinear(10)", f"nn.Flatten(), nn.Dropout({share}), LINEAR")
    linear = ("LINEAR", "nn.LazyLinear(64), nn.ReLU(), nn.Linear(64, 10)")
    report = shortened(tmp_path, layers, linear, ("lr=1e-3", "lr=1e-2, momentum=0.9"))
    assert [f.severity for f in report.findings if f.id == "dropout-too-high"] == found
