# first: backward() is called on a float
import torch
from torch import nn

model = nn.Linear(4, 3)
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
total_loss = 0.0
for i in range(4):
    total_loss += nn.functional.cross_entropy(model(x), y).item()  # <- here
total_loss.backward()
