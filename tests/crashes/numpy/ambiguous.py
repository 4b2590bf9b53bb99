# first: pred == y | .all()
import torch
from torch import nn

model = nn.Linear(4, 3)
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
pred = model(x).argmax(1)
correct = 0
if pred == y:  # <- here
    correct += 1
