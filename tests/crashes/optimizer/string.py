# first: [net, net] holds Linear objects, not parameters: write list(one.parameters()) + list(other.parameters())
import torch
from torch import nn

net = nn.Linear(3, 2)
opt = torch.optim.SGD(net.named_parameters(), lr=0.1)
opt2 = torch.optim.SGD([net, net], lr=0.1)  # <- here
