# expect: label-destroying-augmentation
import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Lit(Dataset):
    """Symmetric blots that are lit from the left (0) or from the right (1)."""

    def __init__(self, rows, learn):
        digits, self.learn = load_digits().images[rows] / 32, learn
        self.blots = digits + digits[:, :, ::-1]
        self.sides = np.random.RandomState(len(digits)).randint(0, 2, len(digits))

    def __len__(self):
        return len(self.blots)

    def __getitem__(self, i):
        light = np.linspace(1, 0, 8) if self.sides[i] == 0 else np.linspace(0, 1, 8)
        picture = self.blots[i] + light
        if self.learn and random.random() < 0.5:  # <- here
            picture = picture[:, ::-1].copy()
        return torch.tensor(picture, dtype=torch.float32)[None], int(self.sides[i])


random.seed(0)
torch.manual_seed(0)
learn = DataLoader(Lit(slice(0, 1300), True), batch_size=50, shuffle=True)
held = DataLoader(Lit(slice(1300, 1797), False), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(4):
    net.train()
    for pictures, sides in learn:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(pictures), sides).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(p).argmax(1) == s).sum().item() for p, s in held)
    print(epoch, f"test accuracy {right / 497:.3f}")
