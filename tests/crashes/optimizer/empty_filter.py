# first: require gradients | line 7
import torch
from torch import nn, optim

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
for p in model.parameters():
    p.requires_grad = False  # <- here
optimizer = optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.1)
