"""A run that learns nothing through no fault of its loop: nothing in the loop is blamed for it."""

from __future__ import annotations

from pathlib import Path

import warm

RANDOM_LABELS = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, _ = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.randint(0, 10, (len(x),))
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 10)
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(3):
    model.train()
    for batch in torch.randperm(1400).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""


def test_labels_at_random_are_no_fault_of_the_learning_rate(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(RANDOM_LABELS)
    report = warm.diagnose(path, tmp_path)
    assert report.run.steps == 132
    assert report.run.metrics.eval_accuracy is not None
    assert report.run.metrics.eval_accuracy < 0.2, "it learned nothing, as it must"
    named = [f.id for f in report.findings if f.severity != "advice"]
    assert named == ["misaligned-images-and-labels"], (
        "the labels have nothing to do with the images"
    )
