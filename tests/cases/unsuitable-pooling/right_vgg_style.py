# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)


def block(a, b):
    return [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]


net = nn.Sequential(*block(1, 16), *block(16, 32), *block(32, 48), nn.Flatten(), nn.Linear(48, 10))
data = load_digits()
x = torch.tensor(data.images / 16).float().unsqueeze(1)
y = torch.tensor(data.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(3):
    net.train()
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[i : i + 50]), y[i : i + 50]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
