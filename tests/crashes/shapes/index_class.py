# first: index 3 is beyond dimension 1 of out of shape [5, 3], which has 3: use an index from 0 to 2
import torch
from torch import nn

net = nn.Linear(4, 3)
out = net(torch.randn(5, 4))
names = ["a", "b", "c"]
print(out[:, 3])  # <- here
