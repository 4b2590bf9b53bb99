# first: Crash:
import torch
from torch import nn

net = nn.Linear(4, 3)
x, y = torch.randn(60, 4), torch.arange(60) % 3 + 1
nn.CrossEntropyLoss()(net(x), y).backward()  # <- here
