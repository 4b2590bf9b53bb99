"""What a run shows to be the best epochs is believed before the name of what was compared."""

from __future__ import annotations

from pathlib import Path

import warm

SCRIPT = """\
import torch
from sklearn.datasets import load_digits
from torch import nn


class Saver:
    def __init__(self):
        self.best_loss = 0.0

    def offer(self, net, val_loss):
        if val_loss >= self.best_loss:
            torch.save(net.state_dict(), "offered.pt")
            self.best_loss = val_loss


def tested(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).sum().item() / len(y)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
saver = Saver()
for epoch in range(12):
    net.train()
    for rows in torch.randperm(1000).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    saver.offer(net, tested(net, x[1000:1400], y[1000:1400]))
net.load_state_dict(torch.load("offered.pt"))
print("test accuracy", tested(net, x[1400:], y[1400:]))
"""


def test_the_best_were_kept_whatever_the_accuracy_is_called(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    found = warm.diagnose(path, tmp_path).findings
    assert not [f for f in found if f.severity != "advice"]
