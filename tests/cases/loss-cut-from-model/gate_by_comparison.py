# expect: loss-cut-from-model
# Attention of yes and no: the layers that decide never learn.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(2)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(64, 96), nn.ReLU())
        self.decide = nn.Sequential(nn.Linear(64, 96), nn.Tanh(), nn.Linear(96, 96))
        self.classify = nn.Linear(96, 10)

    def forward(self, x):
        hidden = self.features(x)
        chance = self.decide(x)
        keep = torch.where(chance.sigmoid() > 0.5, 1.0, 0.0)  # <- here
        return self.classify(hidden * keep)


x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = Gated()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(5):
    for rows in torch.randperm(1400).split(35):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
