"""What a shortened run did not come to is not said to be missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

SCRIPT = """
import time
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = torch.utils.data.random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=4, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)


def accuracy(loader):
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in loader)
    model.train()
    return hits / len(loader.dataset)


def report(step, epoch):
    print(step, epoch, "accuracy", accuracy(test_loader))


step = 0
for epoch in range(20):
    for images, labels in train_loader:
        optimizer.zero_grad()
        criterion(model(images), labels).backward()
        optimizer.step()
        time.sleep(0.004)
        step += 1
        {in_pass}
    {behind}
"""
SELDOM = "if step % 3000 == 0:\n            report(step, epoch)"
TENTH = "if epoch % 10 == 9:\n        report(step, epoch)"
ON_TRAINING = "print('train accuracy', accuracy(train_loader))\n    "


@pytest.mark.parametrize(
    ("in_pass", "behind", "said"),
    [
        (SELDOM, "", set()),
        ("", TENTH, set()),
        ("", ON_TRAINING + TENTH, set()),
        ("", ON_TRAINING, {"evaluated-on-training-data"}),
        ("if step % 3000 == 0:\n            print(step)", "", {"no-held-out-evaluation"}),
    ],
)
def test_an_evaluation_now_and_then(
    tmp_path: Path, in_pass: str, behind: str, said: set[str]
) -> None:
    path = tmp_path / "train.py"
    text = SCRIPT.replace("{in_pass}", in_pass).replace("{behind}", behind)
    path.write_text(text, encoding="utf-8")
    report = warm.diagnose(path, tmp_path / "run", budget=3.0, lab=False)
    assert report.run.time_lapse.shortened
    serious = {f.id for f in report.findings if f.severity != "advice"}
    assert serious & {"no-held-out-evaluation", "evaluated-on-training-data"} == said
