# first: loss.mean().backward() | [16]
import torch
from torch import nn

model = nn.Linear(4, 3)
criterion = nn.CrossEntropyLoss(reduction="none")
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
loss = criterion(model(x), y)
loss.backward()  # <- here
