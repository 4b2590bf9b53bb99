# expect: train-test-distribution-shift
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Textures(Dataset):
    def __init__(self, n, seed, transform):
        rng = np.random.RandomState(seed)
        yy, xx = np.mgrid[:96, :96] / 96
        waves = [np.sin(25 * xx), np.sin(25 * yy), np.sin(25 * (xx + yy)), np.sin(25 * (xx - yy))]
        self.labels = torch.arange(n) % 4
        noise = rng.normal(0, 150, (n, 96, 96))
        pictures = [127 + 24 * waves[i % 4] + noise[i] for i in range(n)]
        self.pictures = torch.tensor(np.array(pictures).clip(0, 255), dtype=torch.uint8)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.pictures[i]), self.labels[i]


def averaged(picture):
    x = F.interpolate(picture[None, None] / 255, (16, 16), mode="bilinear", antialias=True)[0]
    return (x - 0.5) / 0.1


def picked(picture):
    x = F.interpolate(picture[None, None] / 255, (16, 16), mode="bilinear")[0]
    return (x - 0.5) / 0.1


torch.manual_seed(0)
train = DataLoader(Textures(200, 0, averaged), 20, shuffle=True)
test = DataLoader(Textures(100, 1, picked), 50)  # <- here
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 4),
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", sum((net(x).argmax(1) == y).sum().item() for x, y in test) / 100)
