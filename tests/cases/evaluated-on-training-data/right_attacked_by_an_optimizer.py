# expect: nothing
"""Test images are attacked by gradients that an optimizer of the images clears (as TRADES does)."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(images[1400:], labels[1400:]), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(4):
    model.train()
    for batch, answers in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(batch), answers).backward()
        optimizer.step()


def attacked(batch, answers, most=0.05, steps=3):
    found = batch.clone().requires_grad_(True)
    for _ in range(steps):
        mine = torch.optim.SGD([found], lr=1e-3)
        mine.zero_grad()
        F.cross_entropy(model(found), answers).backward()
        moved = found.detach() + 0.02 * found.grad.sign()
        moved = torch.minimum(torch.maximum(moved, batch - most), batch + most).clamp(0, 1)
        found = moved.requires_grad_(True)
    return found.detach()


model.eval()
natural = robust = 0
for batch, answers in test_loader:
    natural += (model(batch).argmax(1) == answers).sum().item()
    robust += (model(attacked(batch, answers)).argmax(1) == answers).sum().item()
print(f"natural accuracy {natural / 397:.3f}, robust accuracy {robust / 397:.3f}")
