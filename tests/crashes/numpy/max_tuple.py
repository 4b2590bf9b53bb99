# first: predicted is what torch.max returns: values and indices: write _, predicted = torch.max(...), or .argmax(1)
import torch
from torch import nn

net = nn.Linear(4, 3)
x, y = torch.randn(8, 4), torch.randint(0, 3, (8,))
predicted = torch.max(net(x), 1)
correct = (predicted == y).sum()  # <- here
