"""Small training scripts on scikit-learn's digits, put together from parts."""

from __future__ import annotations

_SCRIPT = """
import random
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

torch.manual_seed(0)
random.seed(0)
images, labels = load_digits(return_X_y=True)
mixed = np.random.RandomState(0).permutation(len(images))
images = torch.tensor(images[mixed], dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(labels[mixed])
{data}
train_images, train_labels = images[:1000], labels[:1000]
test_images, test_labels = images[1400:], labels[1400:]
{splits}
train_set = TensorDataset(train_images, train_labels)
test_set = TensorDataset(test_images, test_labels)
{sets}
train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
{network}
optimizer = {optimizer}
for epoch in range({epochs}):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        {loss}
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in test_loader:
            right += (model(x).argmax(1) == y).sum().item()
    print("accuracy", right / len(test_set))
"""

SMALL = """
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10),
)
"""


def digits(
    *,
    data: str = "",
    splits: str = "",
    sets: str = "",
    network: str = SMALL,
    optimizer: str = "torch.optim.Adam(model.parameters(), lr=3e-3)",
    loss: str = "loss = F.cross_entropy(model(x), y)",
    epochs: int = 2,
) -> str:
    """A whole script: 1000 digits to learn from, 397 to be judged by."""
    return _SCRIPT.format(
        data=data, splits=splits, sets=sets, network=network, optimizer=optimizer,
        loss=loss.replace("\n", "\n        "), epochs=epochs,
    )  # fmt: skip
