# first: loss.item()
import numpy as np
import torch
from torch import nn

model = nn.Linear(4, 3)
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
losses = []
for epoch in range(3):
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    losses.append(loss)
print("mean", np.mean(losses))  # <- here
