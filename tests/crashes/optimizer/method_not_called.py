# first: model.parameters()
import torch
from torch import nn, optim

model = nn.Linear(4, 2)
optimizer = optim.SGD(model.parameters, lr=0.1)  # <- here
