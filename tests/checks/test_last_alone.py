"""The last batch's loss, printed as if it were the epoch's, is pointed out; no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

SCRIPT = """
import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
train = DataLoader(TensorDataset(x[:1290], y[:1290]), 32, shuffle=True)  # the last batch has 10
net = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    total = 0.0
    for images, labels in train:
        loss = nn.functional.cross_entropy(net(images), labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(images)
    PRINT
with torch.no_grad():
    print("test accuracy", (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item())
"""


def advised(folder: Path, line: str) -> list[str]:
    path = folder / "train.py"
    path.write_text(SCRIPT.replace("PRINT", line))
    report = warm.diagnose(path, folder, budget=250.0)
    assert report.verdict.kind == "nothing-found"
    return [f.says for f in report.findings if f.id == "metric-miscomputed"]


def test_it_is_pointed_out_with_the_mean_beside_it(tmp_path: Path) -> None:
    (says,) = advised(tmp_path, 'print(f"Epoch:{epoch} loss is {loss.item()}")')
    assert "is that of its last batch alone; the mean over the 41 batches is" in says


@pytest.mark.parametrize(
    "line",
    [
        'print(f"Epoch:{epoch} loss is {total / 1290:.4f}")',
        'print(f"Epoch:{epoch}, loss of the last batch {loss.item():.4f}")',
        'print("epoch", epoch, "done")',
    ],
)
def test_nothing_is_said_of_a_mean_or_of_a_loss_that_is_called_what_it_is(
    tmp_path: Path, line: str
) -> None:
    assert advised(tmp_path, line) == []
