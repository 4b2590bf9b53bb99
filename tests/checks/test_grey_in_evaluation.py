"""Grey images in evaluation, coloured ones in training: certain, and worth a word even where it
costs little."""

from __future__ import annotations

from pathlib import Path

import warm

SCRIPT = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits, labels = load_digits(return_X_y=True)
labels = torch.tensor(labels)
tint = 0.4 + 0.6 * torch.rand(len(labels), 3)
tint[torch.rand(len(labels)) < 0.5] *= torch.tensor([1.0, 0.8, 0.6])
tint[(labels == 8) | (labels == 9)] *= torch.tensor([1.0, 0.3, 0.3])
images = torch.tensor(digits, dtype=torch.float32).view(-1, 1, 8, 8) / 16 * tint[:, :, None, None]


def load(rows, colour):
    x = images[rows]
    if colour:
        return x, labels[rows]
    return x.mean(1, keepdim=True).expand(-1, 3, -1, -1), labels[rows]


train, y = load(torch.arange(1300), colour=True)
test, test_y = load(torch.arange(1300, 1797), colour=False)
net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(1300).split(50):
        loss = nn.functional.cross_entropy(net(train[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (net(test).argmax(1) == test_y).float().mean().item())
"""


def test_grey_in_evaluation_is_advice_where_it_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    first = warm.diagnose(path, tmp_path).findings[0]
    assert (first.id, first.severity) == ("train-test-distribution-shift", "advice")
    assert first.places[0].line == 23
    path.write_text(SCRIPT.replace("colour=False", "colour=True"))
    found = warm.diagnose(path, tmp_path).findings
    assert "train-test-distribution-shift" not in {f.id for f in found}
