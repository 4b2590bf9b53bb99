# first: Crash:
import torch
from torch import nn

model = nn.Conv2d(3, 5, 1)
x, mask = torch.rand(4, 3, 8, 8), torch.randint(0, 5, (4, 1, 8, 8))
loss = nn.CrossEntropyLoss()(model(x), mask)  # <- here
loss.backward()
