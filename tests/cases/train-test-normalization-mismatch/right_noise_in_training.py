# expect: nothing
"""Loud noise on the training images only: they have values on both sides of 0, and one scale."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(2)
raw = load_digits()
x, y = torch.tensor(raw.images).float().unsqueeze(1) / 16, torch.tensor(raw.target)
net = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                    nn.Linear(24 * 16, 10))  # fmt: skip
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(8):
    net.train()
    for rows in torch.randperm(1300).split(50):
        noisy = x[rows] + 1.8 * torch.randn_like(x[rows])
        opt.zero_grad()
        nn.functional.cross_entropy(net(noisy), y[rows]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print(epoch, f"test accuracy {right:.3f}")
