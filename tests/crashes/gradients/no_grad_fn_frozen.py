# first: loss has no graph: no parameter of Linear has requires_grad=True: set requires_grad = True for the layers that should learn
import torch
from torch import nn

net = nn.Linear(4, 2)
for p in net.parameters():
    p.requires_grad = False
loss = nn.functional.cross_entropy(net(torch.randn(6, 4)), torch.zeros(6).long())
loss.backward()
