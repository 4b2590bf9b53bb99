# first: nn.MSELoss()(pred, t)
import torch
import torch.nn as nn
from torch.nn import MSELoss


def step(net, x, t):
    pred = net(x)
    err = MSELoss(pred, t)  # <- here
    err.backward()


step(nn.Linear(3, 1), torch.randn(5, 3), torch.randn(5, 1))
