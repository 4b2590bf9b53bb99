# expect: poor-initialization
import math

import torch
from sklearn.datasets import load_digits
from torch import nn


class Layer(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.linear = nn.Linear(n, m)
        self.linear.weight = nn.Parameter(torch.randn(m, n))  # <- here

    def forward(self, x):
        return self.linear(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
model = nn.Sequential(
    Layer(64, 256), nn.Tanh(), Layer(256, 256), nn.Tanh(), Layer(256, 256), nn.Tanh(),
    Layer(256, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
batches = math.ceil(1400 / 40)
for epoch in range(3):
    model.train()
    order = torch.randperm(1400)
    for i in range(batches):
        rows = order[40 * i:40 * i + 40]
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
