# first: Adam has no argument learning_rate: write lr= instead
import torch
from torch import nn

net = nn.Linear(3, 2)
opt = torch.optim.Adam(net.parameters(), learning_rate=0.1)  # <- here
