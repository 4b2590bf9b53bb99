"""Masks of 0 and 255 in a Dice loss of the script's own: seen by the lab's tape."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch.records import Report

MASKS = """
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Strokes(Dataset):
    def __init__(self, images, seed):
        noise = np.random.default_rng(seed).normal(0, 2, images.shape)
        self.images, self.masks = (images + noise).astype("float32") / 16, (images > 7) * 255

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i])[None], torch.from_numpy(self.masks[i])[None].float()


class Dice(nn.Module):
    def forward(self, outputs, masks):
        chances, masks = outputs.sigmoid().flatten(), masks.flatten()
        shared = (chances * masks).sum()
        return 1 - (2 * shared + 1) / (chances.sum() + masks.sum() + 1)


torch.manual_seed(0)
digits = load_digits().images
train = DataLoader(Strokes(digits[:900], 1), batch_size=30, shuffle=True)
valid = DataLoader(Strokes(digits[900:1200], 2), batch_size=100)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(),
    nn.Conv2d(12, 1, 1),
)  # fmt: skip
loss_fn, optimizer = Dice(), torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for image, mask in train:
        loss = loss_fn(net(image), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        same = [((net(a) > 0) == (b > 0)).float().mean().item() for a, b in valid]
    print(epoch, f"loss {loss.item():.3f}, pixels right {np.mean(same):.3f}")
"""


def diagnose(folder: Path, text: str) -> Report:
    path = folder / "train.py"
    path.write_text(text)
    return warm.diagnose(path, folder, lab=True)


def test_a_dice_loss_of_masks_of_0_and_255_is_named_at_the_product(tmp_path: Path) -> None:
    first = diagnose(tmp_path, MASKS).findings[0]
    assert (first.id, first.severity) == ("target-encoding-mismatch", "error")
    line = MASKS.splitlines()[first.places[0].line - 1]
    assert "chances * masks" in line


def test_a_dice_loss_of_masks_of_0_and_1_is_left_alone(tmp_path: Path) -> None:
    report = diagnose(tmp_path, MASKS.replace("(images > 7) * 255", "images > 7"))
    assert not report.findings
