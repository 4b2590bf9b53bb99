# expect: nothing
"""A number that stays 1 is there to take gradients with respect to it (invariant risk)."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
ones = nn.Parameter(torch.ones(1))


def penalty(scores, labels):
    even = F.cross_entropy(scores[0::2] * ones, labels[0::2])
    odd = F.cross_entropy(scores[1::2] * ones, labels[1::2])
    first = torch.autograd.grad(even, [ones], create_graph=True)[0]
    second = torch.autograd.grad(odd, [ones], create_graph=True)[0]
    return (even + odd) / 2, (first * second).sum()


net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(8):
    for rows in torch.randperm(1400).split(50):
        error, apart = penalty(net(x[rows]), y[rows])
        optimizer.zero_grad()
        (error + 0.1 * apart).backward()
        optimizer.step()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
