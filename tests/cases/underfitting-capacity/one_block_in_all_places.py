# expect: underfitting-capacity
"""The deeper network is no better: its blocks are one object, written once and multiplied."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.GroupNorm(1, width)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Deep(nn.Module):
    def __init__(self, depth=6, width=3):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(*[Residual(width)] * depth)  # <- here
        self.head = nn.Linear(width * 4, 10)

    def forward(self, x):
        return self.head(F.max_pool2d(self.blocks(self.stem(x)), 2).flatten(1))


torch.manual_seed(1)
images, digits = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32).view(-1, 1, 8, 8)
digits = torch.tensor(digits)
net = Deep()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(1300).split(50):
        loss = F.cross_entropy(net(images[rows]), digits[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = (net(images[1300:]).argmax(1) == digits[1300:]).float().mean().item()
    print(epoch, f"test accuracy {right:.3f}")
