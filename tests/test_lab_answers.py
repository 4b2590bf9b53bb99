"""Diagnoses in which the lab has the last word: what only an experiment can tell, and what it
confirms. A sound script is left alone."""

from __future__ import annotations

from pathlib import Path

import warm

EXAMPLES = Path(__file__).parent.parent / "examples"

START = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
y = torch.tensor(y)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
"""
END = """
for epoch in range(5):
    for images, labels in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
with torch.no_grad():
    print((model(x[1400:1450]).argmax(1) == y[1400:1450]).float().mean().item())
"""
MIXING = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 50, 3, padding=1)
        self.fc1 = nn.Linear(50 * 16, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv(x.view(-1, 1, 8, 8))), 2)
        x = x.transpose(0, 1).reshape(x.size(0), -1)
        return self.fc2(torch.relu(self.fc1(x)))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
"""
READING = """
x = nn.functional.pad(x.view(-1, 8, 8), (0, 0, 2, 2)).flatten(1)  # margins that are always black
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.GRU(8, 40)
        self.out = nn.Linear(40, 10)

    def forward(self, x):
        states, _ = self.rows(x.view(-1, 12, 8))
        return self.out(states[:, -1])


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
"""
DEEP = """
layers = [nn.Linear(64, 32), nn.ReLU()]
for _ in range(10):
    layers += [nn.Linear(32, 32), nn.ReLU()]
model = nn.Sequential(*layers, nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
"""


SMALL = """
model = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(),
                      nn.Linear(16 * 36, 10))
"""
END_ADAM = "optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)\n" + END
LASTING = "optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.999)\n"


LONG = {"budget": 250.0}  # seconds: the answer must not depend on how busy the machine is


def diagnose(folder: Path, text: str, lab: bool | float = 100.0):
    path = folder / "train.py"
    path.write_text(text)
    return warm.diagnose(path, folder, lab=lab, **LONG)


def test_samples_that_mix_are_found_by_replacing_one(tmp_path: Path) -> None:
    report = diagnose(tmp_path, START + MIXING + END)
    first = report.findings[0]
    assert (first.id, first.grade, first.severity) == (
        "pixels-scrambled-by-reshape", "confirmed", "error"
    )  # fmt: skip
    assert first.measured["leak_to_other_samples"] > 0.5
    assert report.verdict.kind == "mistake"


def test_samples_that_a_recurrent_layer_takes_for_time_are_named(tmp_path: Path) -> None:
    report = diagnose(tmp_path, START + READING + END)
    first = report.findings[0]
    assert (first.id, first.severity) == ("pixels-scrambled-by-reshape", "error")
    assert "it takes the samples of a batch for the steps of a sequence" in first.says
    assert first.fix is not None and "batch_first=True" in first.fix.says
    assert "nn.GRU" in (tmp_path / "train.py").read_text().splitlines()[first.places[0].line - 1]


def test_first_weights_that_die_out_in_depth_are_found_by_drawing_others(tmp_path: Path) -> None:
    without = diagnose(tmp_path, START + DEEP + END, lab=False)
    assert without.verdict.kind == "unknown-cause"
    report = diagnose(tmp_path, START + DEEP + END)
    first = report.findings[0]
    assert (first.id, first.grade) == ("poor-initialization", "confirmed")
    assert first.measured["bench_end_loss_mended"] < first.measured["bench_end_loss"] - 0.3
    # What came out normal is in the report as well.
    tried = {made.id for made in report.experiments}
    assert {"replay", "lr_sweep", "sample_mixing", "one_batch"} <= tried


def test_the_demo_is_confirmed_by_clearing_its_gradients(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text((EXAMPLES / "digits_broken.py").read_text())
    first = warm.diagnose(path, tmp_path, lab=100.0, **LONG).findings[0]
    assert (first.id, first.grade) == ("missing-zero-grad", "confirmed")
    assert "gradients cleared before each step" in first.says


def test_a_sound_script_is_not_experimented_on(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text((EXAMPLES / "digits_healthy.py").read_text())
    report = warm.diagnose(path, tmp_path, lab=100.0, **LONG)
    assert report.verdict.kind == "nothing-found" and report.experiments == ()


def test_a_momentum_that_outlasts_the_training_is_tried(tmp_path: Path) -> None:
    first = diagnose(tmp_path, START + SMALL + LASTING + END).findings[0]
    assert (first.id, first.grade) == ("unsuitable-momentum", "confirmed")
    assert first.severity != "advice" and "tried: with momentum=0" in first.says


def test_units_that_biases_killed_are_named_before_weights_that_drawing_anew_mends(
    tmp_path: Path,
) -> None:
    killed = "nn.init.constant_(model[1].bias, -20.0)\n"
    first = diagnose(tmp_path, START + SMALL + killed + END_ADAM).findings[0]
    assert (first.id, first.grade, first.severity) == ("dead-relu", "confirmed", "error")


def test_a_clip_that_leaves_adadelta_nothing_is_found_by_leaving_it_out(tmp_path: Path) -> None:
    clipped = END.replace(
        "        optimizer.step()",
        "        nn.utils.clip_grad_norm_(model.parameters(), 1e-5)\n        optimizer.step()",
    )
    made = "optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)\n"
    without = diagnose(tmp_path, START + SMALL + made + clipped, lab=False)
    assert without.verdict.kind == "unknown-cause"
    first = diagnose(tmp_path, START + SMALL + made + clipped).findings[0]
    assert (first.id, first.grade) == ("gradient-clipping-misused", "confirmed")
    assert "gradients not clipped" in first.says


def test_dropout_where_mixed_labels_leave_no_training_accuracy(tmp_path: Path) -> None:
    mixed = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.body(nn.functional.dropout(x, 0.95, self.training))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(5):
    model.train()
    for images, labels in train:
        share, order = float(torch.rand(())), torch.randperm(len(labels))
        hot = nn.functional.one_hot(labels, 10).float()
        optimizer.zero_grad()
        outputs = model(share * images + (1 - share) * images[order])
        nn.functional.cross_entropy(outputs, share * hot + (1 - share) * hot[order]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""
    assert all(
        f.severity == "advice" for f in diagnose(tmp_path, START + mixed, lab=False).findings
    )
    first = diagnose(tmp_path, START + mixed).findings[0]
    assert (first.id, first.grade) == ("dropout-too-high", "confirmed")
    assert first.severity != "advice"


SMOOTHED = """
smooth = nn.CrossEntropyLoss(label_smoothing=0.2)
for epoch in range(9):
    model.train()
    for images, labels in train:
        optimizer.zero_grad()
        smooth(model(images.view(-1, 1, 8, 8)), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        outputs = model(x[1400:].view(-1, 1, 8, 8))
        print((outputs.argmax(1) == y[1400:]).float().mean().item())
"""
SIGMOIDS = """
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.Sigmoid(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.Sigmoid(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(128, 64), nn.Sigmoid(), nn.Linear(64, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
"""
FORGETFUL = """
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2), nn.SiLU(), nn.Flatten(),
    nn.Linear(72, 48), nn.SiLU(), nn.Linear(48, 10),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=8.0)
"""


def test_sigmoids_that_learned_late_are_weighed_by_what_relus_reach(tmp_path: Path) -> None:
    text = START + SIGMOIDS + SMOOTHED
    without = diagnose(tmp_path, text, lab=False)
    assert all(f.severity == "advice" for f in without.findings)
    first = diagnose(tmp_path, text).findings[0]
    assert (first.id, first.severity, first.grade) == (
        "unsuitable-activation", "warning", "confirmed"
    )  # fmt: skip
    assert "of the evaluation samples right" in first.says  # smoothed labels hold the loss up


def test_a_decay_that_forgets_within_a_part_of_the_run_is_tried(tmp_path: Path) -> None:
    text = START + FORGETFUL + SMOOTHED.replace("label_smoothing=0.2", "").replace("(9)", "(5)")
    without = diagnose(tmp_path, text, lab=False)
    assert all(f.severity == "advice" for f in without.findings)
    first = diagnose(tmp_path, text).findings[0]
    assert (first.id, first.severity, first.grade) == (
        "weight-decay-too-high", "warning", "confirmed"
    )  # fmt: skip
    assert "takes 4.0% of each weight in a step" in first.says


def test_a_rate_behind_a_warm_up_that_learns_a_little_is_tried(tmp_path: Path) -> None:
    """Nothing is thrown off by it, so that only the sweep can tell; beside its noise it may not."""
    vit = Path(__file__).parent / "scripts" / "healthy" / "digits_vit.py"
    text = vit.read_text(encoding="utf-8")
    assert "lr=3e-3" in text
    report = diagnose(tmp_path, text.replace("lr=3e-3", "lr=0.3"), lab=15.0)
    assert report.findings[0].id == "learning-rate-too-high"
    assert "lr_sweep" in {e.id for e in report.experiments}


MIRRORED = """
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
seen = x[1300:].flip(3)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(1300).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(seen).argmax(1) == y[1300:]).float().mean().item())
"""


def test_evaluation_images_that_are_mirrored_are_mirrored_back(tmp_path: Path) -> None:
    first = diagnose(tmp_path, MIRRORED).findings[0]
    assert (first.id, first.severity) == ("train-test-distribution-shift", "error")
    assert "mirrored" in first.says
    assert first.places[0].line == 11
    without = diagnose(tmp_path, MIRRORED.replace(".flip(3)", ""))
    assert without.verdict.kind == "nothing-found"
