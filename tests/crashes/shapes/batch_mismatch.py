# first: logits | 64 | 32
import torch
from torch import nn

x = torch.randn(32, 20)
y = torch.randint(0, 2, (32,))
model = nn.Linear(10, 2)
for step in range(3):
    logits = model(x.view(-1, 10))
    loss = nn.CrossEntropyLoss()(logits, y)  # <- here
    loss.backward()
