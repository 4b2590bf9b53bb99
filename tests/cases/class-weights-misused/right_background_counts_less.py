# expect: nothing
# also: accuracy-on-imbalanced-classes
import torch
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    """Class 0 is the background: common, and of little weight."""

    def __init__(self, classes):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, classes))
        self.register_buffer("weight", torch.tensor([0.1] + [1.0] * (classes - 1)))

    def loss(self, x, y):
        return F.cross_entropy(self.fc(x), y, weight=self.weight)

    def forward(self, x):
        return self.fc(x).argmax(1)


torch.manual_seed(1)
x = torch.randn(1200, 6)
y = torch.where(x[:, 0] > 0.8, 1, 0) + torch.where((x[:, 0] > 0.8) & (x[:, 1] > 0), 1, 0)
head = Head(3)
opt = torch.optim.Adam(head.parameters(), lr=0.01)
for epoch in range(6):
    head.train()
    for i in torch.randperm(1000).split(50):
        opt.zero_grad()
        head.loss(x[i], y[i]).backward()
        opt.step()
head.eval()
with torch.no_grad():
    print("accuracy", (head(x[1000:]) == y[1000:]).float().mean().item())
