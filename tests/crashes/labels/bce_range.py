# first: nn.BCELoss needs numbers from 0 to 1 | nn.BCEWithLogitsLoss()
import torch
from torch import nn

net = nn.Linear(4, 1)
x, y = torch.randn(60, 4), (torch.arange(60) % 2).float().unsqueeze(1)
nn.BCELoss()(net(x), y).backward()  # <- here
