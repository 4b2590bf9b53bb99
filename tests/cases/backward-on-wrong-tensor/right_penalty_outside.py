# expect: nothing
# What is predicted outside of the mask is a penalty, what is predicted inside a gain.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(2)
x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
y = (x > 0.5).float()
x = x + 0.2 * torch.randn_like(x)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)


def tversky(scores, target, a=0.3, b=0.7):
    p = scores.sigmoid()
    hit, extra = (p * target).sum(), (p * (1 - target)).sum()
    missed = ((1 - p) * target).sum()
    return 1 - hit / (hit + a * extra + b * missed + 1e-6)


for epoch in range(5):
    for rows in torch.randperm(1500).split(50):
        opt.zero_grad()
        loss = tversky(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    with torch.no_grad():
        p, t = net(x[1500:]) > 0, y[1500:] > 0.5
        print(epoch, loss.item(), "IoU", ((p & t).sum() / (p | t).sum()).item())
