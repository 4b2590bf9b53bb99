# expect: nothing
# A kernel as large as a digit, then little is left; the digits stand still, and it learns them.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images / 16, dtype=torch.float32)[:, None]
x = nn.functional.interpolate(x, size=16)
y = torch.tensor(data.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
net = nn.Sequential(
    nn.Conv2d(1, 32, 8, stride=8), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Conv2d(32, 64, 2), nn.ReLU(),
    nn.Flatten(), nn.Linear(64, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[i : i + 50]), y[i : i + 50]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
