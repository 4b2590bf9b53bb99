# expect: missing-zero-grad
"""The update is written out, with momentum, and the decay is added to the gradients in place."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
raw = load_digits()
x, y = torch.tensor(raw.images).float().unsqueeze(1) / 16, torch.tensor(raw.target)
net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 24, 3),
                    nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 16, 10))  # fmt: skip


def update(lr, alpha=0.1, decay=5e-4):
    for p in net.parameters():
        if not hasattr(p, "buf"):
            p.buf = torch.zeros_like(p)
        d = p.grad.data
        d.add_(p.data, alpha=decay)
        p.buf = (1 - alpha) * p.buf - lr * d
        p.data.add_(p.buf)


for epoch in range(6):
    net.train()
    for rows in torch.randperm(1400).split(50):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()  # <- here
        update(0.1)
    net.eval()
    with torch.no_grad():
        right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(epoch, round(loss.item(), 4), round(right, 3))
