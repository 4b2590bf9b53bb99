# expect: nothing
"""The script itself moves one tensor, by a rule of its own, and an optimizer the others."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(64, 64), nn.Linear(64, 10)
        self.gate = torch.zeros(64, requires_grad=True)

    def forward(self, inputs):
        return self.out(torch.relu(self.hidden(inputs)) * torch.sigmoid(self.gate))


net = Gated()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(8):
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
        with torch.no_grad():
            net.gate -= 0.01 * net.gate.grad.sign()
            net.gate.grad = None
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
