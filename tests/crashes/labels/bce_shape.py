# first: Crash:
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
x, y = torch.randn(60, 4), (torch.arange(60) % 2).float()
nn.BCELoss()(net(x), y).backward()  # <- here
