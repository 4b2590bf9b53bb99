# expect: nothing
"""Momentum without a buffer: the gradients are not cleared, they are made smaller."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
raw = load_digits()
x, y = torch.tensor(raw.images).float().unsqueeze(1) / 16, torch.tensor(raw.target)
net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.Flatten(),
                    nn.Linear(24 * 16, 10))  # fmt: skip
for epoch in range(10):
    net.train()
    for rows in torch.randperm(1400).split(50):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= 0.03 * p.grad
                p.grad.mul_(0.8)
    net.eval()
    with torch.no_grad():
        right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(epoch, round(loss.item(), 4), round(right, 3))
