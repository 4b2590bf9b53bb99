# expect: nothing
# What is predicted outside of the mask is a penalty of its own.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(2)
x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
y = (x > 0.5).float()
x = x + 0.2 * torch.randn_like(x)
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid())
opt = torch.optim.Adam(net.parameters(), lr=5e-3)


def outside(p, t):
    return (p * (1 - t)).mean()


for epoch in range(5):
    for rows in torch.randperm(1500).split(50):
        opt.zero_grad()
        p = net(x[rows])
        loss = F.binary_cross_entropy(p, y[rows]) + outside(p, y[rows])
        loss.backward()
        opt.step()
    with torch.no_grad():
        p, t = net(x[1500:]) > 0.5, y[1500:] > 0.5
        print(epoch, loss.item(), "IoU", ((p & t).sum() / (p | t).sum()).item())
