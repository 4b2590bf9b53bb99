# expect: undefined-in-loss
import torch
from sklearn.datasets import load_digits
from torch import nn


def entropy(scores, target, eps=1e-8):
    p = scores.sigmoid().clamp(eps, 1 - eps)
    return -(target * torch.log(p) + (1 - target) * torch.log(1 - p)).mean()  # <- here


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
wanted = nn.functional.one_hot(y, 10).float()
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(12):
    for rows in torch.randperm(1400).split(50):
        loss = entropy(10 * net(x[rows]), wanted[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
