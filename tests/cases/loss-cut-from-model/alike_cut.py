# expect: loss-cut-from-model
# One of four scripts in which part of the network never learns: the loss is cut off.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 32), nn.Tanh())
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        features = self.body(x)
        return self.head(features)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    for rows in torch.randperm(1400).split(35):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]).detach().requires_grad_(), y[rows])  # <- here
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print("test", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
