# expect: sigmoid-before-bce-with-logits
import torch
import torch.nn.functional as F
from sklearn.datasets import make_moons
from torch import nn


def batches(x, y, size):
    for part in torch.randperm(len(x)).split(size):
        yield x[part], y[part]


torch.manual_seed(1)
points, kind = make_moons(800, noise=0.2, random_state=1)
x = torch.tensor(points, dtype=torch.float32)
y = torch.tensor(kind, dtype=torch.float32)
net = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.002)
for epoch in range(5):
    net.train()
    for xb, yb in batches(x[:600], y[:600], 32):
        probability = net(xb).squeeze(1).sigmoid()  # <- here
        loss = F.binary_cross_entropy_with_logits(probability, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    acc = ((net(x[600:]).squeeze(1).sigmoid() > 0.5) == y[600:].bool()).float().mean()
print("accuracy", acc.item())
