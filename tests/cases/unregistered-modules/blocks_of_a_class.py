# expect: unregistered-modules
import torch
from sklearn.datasets import load_digits
from torch import nn


class Gate(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.open = nn.Linear(width, width)

    def forward(self, x):
        return x * torch.sigmoid(self.open(x))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mix = nn.Linear(width, width)
        self.gate = Gate(width)

    def forward(self, x):
        return x + self.gate(torch.relu(self.mix(x)))


class Tower(nn.Module):
    def __init__(self, width=48, depth=3):
        super().__init__()
        self.first = nn.Linear(64, width)
        self.blocks = tuple(Block(width) for _ in range(depth))  # <- here
        self.last = nn.Linear(width, 10)

    def forward(self, x):
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = block(x)
        return self.last(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
tower = Tower()
optimizer = torch.optim.SGD(tower.parameters(), lr=0.02)
for epoch in range(4):
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(tower(x[rows]), y[rows]).backward()
        optimizer.step()
with torch.no_grad():
    print((tower(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
