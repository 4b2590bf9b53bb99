# expect: nothing
# data: shared
# args: {data}
# result: acc=([\d.]+)
"""Soft targets: mixup by hand over label-smoothed one-hot vectors, and a running average."""
from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torchvision.datasets import MNIST


class Stream:
    def __init__(self, root: str, train: bool, count: int, batch: int) -> None:
        source = MNIST(root, train=train)
        self.x = source.data[:count, None].float() / 127.5 - 1.0
        self.y = source.targets[:count]
        self.train, self.batch = train, batch

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.y)) if self.train else torch.arange(len(self.y))
        for part in order.split(self.batch):
            yield self.x[part], self.y[part]


def mix(x: Tensor, y: Tensor, classes: int, alpha: float = 0.3) -> tuple[Tensor, Tensor]:
    share = float(np.random.beta(alpha, alpha))
    other = torch.randperm(len(x))
    targets = F.one_hot(y, classes).float() * 0.9 + 0.1 / classes
    return share * x + (1 - share) * x[other], share * targets + (1 - share) * targets[other]


class ConvNet(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 5, stride=2)
        self.norm1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 24, 3, stride=2)
        self.norm2 = nn.BatchNorm2d(24)
        self.fc = nn.Linear(24 * 5 * 5, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.norm1(self.conv1(x)))
        x = F.silu(self.norm2(self.conv2(x)))
        return self.fc(x.flatten(1))


def run() -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    train = Stream(sys.argv[1], True, 3000, 60)
    test = Stream(sys.argv[1], False, 1000, 500)
    model = ConvNet()
    opt = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for epoch in range(4):
        model.train()
        average = None
        for images, labels in train:
            mixed, targets = mix(images, labels, 10)
            loss = F.cross_entropy(model(mixed), targets)
            opt.zero_grad()
            loss.backward()
            opt.step()
            average = loss.item() if average is None else 0.95 * average + 0.05 * loss.item()
        model.eval()
        with torch.no_grad():
            right = torch.cat([model(images).argmax(1) == labels for images, labels in test])
        print(f"{epoch=} loss={average:.3f} acc={right.float().mean().item():.4f}")


run()
