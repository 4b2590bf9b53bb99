"""What a mixed sample kept of its own image, and what weight of its label the loss asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.evidence import facts as f
from whytorch.evidence import reading

SCRIPT = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
train = DataLoader(TensorDataset(torch.rand(300, 1, 8, 8), torch.arange(300) % 5), 50, shuffle=True)
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 5))
opt = torch.optim.SGD(model.parameters(), 0.1)
crit = nn.CrossEntropyLoss()
for a, b in train:
    perm = torch.randperm(len(a))
    {mix}
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
BLEND = "out = model(0.7 * a + 0.3 * a[perm])\n    loss = "
PASTE = "a[:, :, :4] = a[perm][:, :, :4]\n    out = model(a)\n    loss = "


@pytest.mark.parametrize(
    ("mix", "expected"),
    [
        (BLEND + "0.7 * crit(out, b) + 0.3 * crit(out, b[perm])", (0.7, 0.7, 0.3, 1)),
        (BLEND + "(0.7 * crit(out, b) + 0.3 * crit(out, b[perm])) / 4", (0.7, 0.7, 0.3, 1)),
        (BLEND + "crit(out, b)", (0.7, 1.0, 0.0, 1)),
        (PASTE + "0.5 * crit(out, b) + 0.5 * crit(out, b[perm])", (0.5, 0.5, 0.5, 1)),
        # 0.6 of itself, and 0.4 of the other one that is 0.6 of itself by now
        (
            "a.mul_(0.6)\n    a.add_(0.4 * a[perm])\n    out = model(a)\n    loss = "
            "0.6 * crit(out, b) + 0.4 * crit(out, b[perm])",
            (0.6 / 0.84, 0.6, 0.4, 0.84),
        ),
    ],
)
def test_shares_and_weights(mix: str, expected: tuple[float, ...], tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT.replace("{mix}", mix))
    made = reading.read_evidence(warm.rehearse(path, tmp_path))
    assert made[f.Run].exit == "finished" and not made[f.Run].faults
    seen = made[f.LossCalls].mixed
    assert len(seen) > 8
    for one in seen:
        assert tuple(one) == pytest.approx(expected, abs=0.02)


def test_images_as_delivered_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT.replace("{mix}", "loss = crit(model(a), b)"))
    assert reading.read_evidence(warm.rehearse(path, tmp_path))[f.LossCalls].mixed == ()
