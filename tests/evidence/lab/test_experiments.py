"""The first experiments, on scripts whose answer is known beforehand."""

from __future__ import annotations

import math
from pathlib import Path

from laboratory import experiment

from whytorch.evidence.lab.change import Curve
from whytorch.evidence.lab.experiments.lr_sweep import safest

SCRIPT = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16 * SCALE, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=64, shuffle=True)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 32), nn.ReLU(),
    nn.Linear(32, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
for epoch in range(2):
    for images, labels in train:
        CLEAR
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean())
"""


def script(folder: Path, rate: float, clear: bool = True, scale: float = 1.0) -> Path:
    text = SCRIPT.replace("RATE", str(rate)).replace("SCALE", str(scale))
    path = folder / "train.py"
    path.write_text(text.replace("CLEAR", "optimizer.zero_grad()" if clear else "pass"))
    return path


def test_the_sweep_finds_the_usable_range(tmp_path: Path) -> None:
    made = experiment(script(tmp_path, rate=1e-5), tmp_path, ["lr_sweep", "noise_floor"])
    sweep = made.facts["lr_sweep"]
    assert sweep.own_rate == 1e-5
    assert sweep.own_end > 2.25  # nothing is learned at the script's rate
    assert 3e-3 < sweep.best_rate < 0.5 and sweep.best_end < 1.0
    assert sweep.rates == tuple(sorted(sweep.rates)) and len(sweep.ends) == len(sweep.rates)
    # The trials share their baseline: repeats of the script as it is.
    assert len({run.end for run in made.facts["noise_floor"].runs}) == 3


def test_of_higher_rates_the_first_that_does_nearly_as_well_is_advised() -> None:
    def rate(own: float, ends: dict[float, float]) -> float:
        curves = {r: Curve([end], 1.0, broke=math.isinf(end)) for r, end in ends.items()}
        return safest(curves, own)

    assert rate(0.01, {0.001: 2.2, 0.01: 2.0, 0.1: 0.2, 1.0: 0.05, 10.0: math.inf}) == 0.1
    # Below the script's own, the lowest loss: nearer to its own it is nearer to the edge.
    assert rate(1.0, {0.001: 0.6, 0.01: 0.3, 0.1: 0.35, 1.0: 2.3}) == 0.01
    assert rate(1.0, {0.01: 0.3, 0.1: 0.35, 1.0: math.inf}) == 0.01


def test_clearing_gradients_is_tried_where_they_pile_up(tmp_path: Path) -> None:
    path = script(tmp_path, rate=0.05, clear=False)
    trial = experiment(path, tmp_path, ["gradients_cleared"]).facts["gradients_cleared"]
    assert trial.repeated and trial.best().end < 0.5 * trial.own.end


def test_clearing_is_no_change_where_the_script_does_it(tmp_path: Path) -> None:
    path = script(tmp_path, rate=0.05)
    made = experiment(path, tmp_path, ["gradients_cleared", "one_batch"])
    assert made.facts["gradients_cleared"] == "the script clears its gradients"
    one = made.facts["one_batch"]
    assert one.end < 0.1 < one.start  # one batch is learned by heart
    assert (len(one.losses), one.losses[0]) == (one.steps, one.start)
    assert one.losses[-1] < 0.1


def test_normalizing_is_measured_by_accuracy_and_loss(tmp_path: Path) -> None:
    path = script(tmp_path, rate=0.05, scale=255.0)
    trial = experiment(path, tmp_path, ["inputs_normalized"]).facts["inputs_normalized"]
    assert trial.best().train_accuracy > 0.8
    assert (trial.own.train_accuracy or 0.0) < 0.5
