# expect: nothing
# A layer that keeps a flag of its own, and a loop over names that freezes when asked to.
import sys

import torch
from sklearn.datasets import load_digits
from torch import nn


class Scaled(nn.Module):
    def __init__(self, n, requires_grad=False):
        super().__init__()
        self.requires_grad = requires_grad
        self.scale = nn.Parameter(torch.ones(n), requires_grad=True)

    def forward(self, x):
        return x * self.scale


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(Scaled(64), nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
frozen = [a for a in sys.argv[1:] if not a.startswith("-")]
for name, p in net.named_parameters():
    if any(name.startswith(f) for f in frozen):
        p.requires_grad = False
opt = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=3e-3)
for epoch in range(5):
    for rows in torch.randperm(1400).split(35):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
