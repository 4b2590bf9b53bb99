# expect: unseeded-run
import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.backends.cudnn.deterministic = True  # <- here
torch.backends.cudnn.benchmark = False
np.random.seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)


def main(lr=0.005, epochs=8):
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    for epoch in range(epochs):
        for rows in torch.randperm(1400).split(50):
            opt.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            opt.step()
    with torch.no_grad():
        print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())


main()
