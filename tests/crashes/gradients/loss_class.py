# first: nn.CrossEntropyLoss()(outputs, targets)
import torch
from torch import nn

model = nn.Linear(4, 3)
inputs, targets = torch.randn(16, 4), torch.randint(0, 3, (16,))
outputs = model(inputs)
loss = nn.CrossEntropyLoss(outputs, targets)  # <- here
loss.backward()
