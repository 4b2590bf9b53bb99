# expect: scheduler-misused
# The rate is handed to the schedule as its step size.
import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import StepLR

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.4)
parser.add_argument("--epochs", type=int, default=6)
opts = parser.parse_args()

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
sgd = torch.optim.SGD(net.parameters(), lr=opts.lr, momentum=0.9)
schedule = StepLR(sgd, step_size=opts.lr, gamma=0.3)  # <- here
for epoch in range(opts.epochs):
    for rows in torch.randperm(1450).split(50):
        sgd.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        sgd.step()
    schedule.step()
    with torch.no_grad():
        print(epoch, (net(x[1450:]).argmax(1) == y[1450:]).float().mean().item())
