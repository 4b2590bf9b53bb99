"""What a loop does to its batches, between their loader and the network."""

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
images = torch.rand(400, 3, 8, 8)
train = DataLoader(TensorDataset(images, torch.arange(400) % 5), 50, shuffle=True)


def ahead(loader):  # as accelerate and Lightning do: the next batch is fetched before this is used
    waiting = None
    for batch in loader:
        if waiting is not None:
            yield waiting
        waiting = batch
    yield waiting


model = nn.Sequential(nn.Flatten(), nn.Linear(192, 5))
opt = torch.optim.SGD(model.parameters(), 0.1)
for a, b in {loader}:
    {change}
    loss = nn.functional.cross_entropy(model(a), b)
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
CHANGES = {
    "pass": "same",
    "a = (a - 0.4) / torch.tensor([0.2, 0.3, 0.4]).view(1, 3, 1, 1)": "scaled",
    "a.mul_(255)": "scaled",
    "a = 1 - a": "inverted",
    "a = a.flip(1)": "channels",
    "a = a.flip(3) * 2 - 1": "flip",
    "a = a.rot90(1, (2, 3))": "rotation",
    "a = a * 0": "blanked",
    "a = a + 3 * torch.randn_like(a)": "other",
    "a = nn.functional.interpolate(a, (16, 12))[:, :, ::2, :8]": "other",
}


def seen(tmp_path: Path, change: str, loader: str = "train") -> f.Handed:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT.replace("{change}", change).replace("{loader}", loader))
    made = reading.read_evidence(warm.rehearse(path, tmp_path))
    assert made[f.Run].exit == "finished" and not made[f.Run].faults
    found: f.Handed = made[f.Samples].handed["train"]
    return found


@pytest.mark.parametrize(("change", "kind"), CHANGES.items())
def test_change_of_images(change: str, kind: str, tmp_path: Path) -> None:
    found = seen(tmp_path, change, "ahead(train)" if "flip" in change else "train")
    assert found.batches >= 7
    assert found.changes == {kind: found.images} and found.images >= 50
    assert found.astray == 0


@pytest.mark.parametrize("loader", ["train", "ahead(train)"])
@pytest.mark.parametrize(
    "change", ["b = b.roll(1)", "a = a.flip(0)", "a, b = a / 2, b[torch.randperm(50)]"]
)
def test_labels_of_other_images(change: str, loader: str, tmp_path: Path) -> None:
    found = seen(tmp_path, change, loader)
    assert found.paired >= 7 and found.astray == found.paired


def test_another_numbering_of_balanced_classes(tmp_path: Path) -> None:
    text = SCRIPT.replace(", shuffle=True", "").replace("{change}", "b = (b + 1) % 5")
    path = tmp_path / "train.py"
    path.write_text(text.replace("{loader}", "train"))
    made = reading.read_evidence(warm.rehearse(path, tmp_path))
    assert made[f.Samples].handed["train"].astray == 0


@pytest.mark.parametrize(
    "change",
    [
        "a, b = a.flip(0), b.flip(0)",
        "b = (b + 1) % 5",  # another numbering, of as many labels each where classes are balanced
        "b = torch.where(torch.rand(50) < 0.2, b.roll(1), b)",
        "a, b = a[:40], b.roll(1)[:40]",  # a part of the batch: not traced
    ],
)
def test_labels_that_stay_or_are_others(change: str, tmp_path: Path) -> None:
    if "[:40]" in change:
        with pytest.raises(KeyError):
            seen(tmp_path, change)
    else:
        found = seen(tmp_path, change)
        assert found.astray < max(1, found.paired)
