"""A schedule that counts batches, and is stepped once an epoch: told, but no warning by itself."""

from __future__ import annotations

from pathlib import Path

import warm

SCRIPT = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data).float() / 16
data = TensorDataset(x[:1400], torch.tensor(digits.target[:1400]))
loader = DataLoader(data, batch_size=20, shuffle=True)
model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(loader))
for epoch in range(6):
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    scheduler.step()
    print(epoch, scheduler.get_last_lr())
with torch.no_grad():
    right = model(x[1400:]).argmax(1) == torch.tensor(digits.target[1400:])
print("test accuracy", right.float().mean().item())
"""


def test_a_period_in_batches_that_is_stepped_by_epochs_is_told(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT.lstrip())
    right = SCRIPT.lstrip().replace("T_max=len(loader)", "T_max=12")
    (tmp_path / "right.py").write_text(right)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    found = {f.id: f for f in warm.diagnose(tmp_path / "train.py", tmp_path / "a").findings}
    assert found["scheduler-misused"].severity == "advice"
    assert "70 calls" in found["scheduler-misused"].says
    silent = {f.id for f in warm.diagnose(tmp_path / "right.py", tmp_path / "b").findings}
    assert "scheduler-misused" not in silent
