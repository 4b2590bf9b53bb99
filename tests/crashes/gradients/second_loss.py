# first: Crash:
import torch
from torch import nn

body, a, b = nn.Linear(4, 8), nn.Linear(8, 1), nn.Linear(8, 1)
x = torch.randn(10, 4)
h = torch.tanh(body(x))
loss_a = a(h).pow(2).mean()
loss_b = b(h).pow(2).mean()
loss_a.backward()
loss_b.backward()  # <- here
