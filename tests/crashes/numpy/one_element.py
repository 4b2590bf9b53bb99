# first: scores | [16, 3]
import torch
from torch import nn

model = nn.Linear(4, 3)
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
scores = model(x)
nn.functional.cross_entropy(scores, y).backward()
print("score", scores.item())  # <- here
