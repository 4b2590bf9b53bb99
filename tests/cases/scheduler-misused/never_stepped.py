# expect: scheduler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn


def train():
    torch.manual_seed(0)
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.02, total_steps=250)  # <- here
    for epoch in range(5):
        for rows in torch.randperm(1400).split(28):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            opt.step()
        print(epoch, loss.item())
    with torch.no_grad():
        print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())


train()
