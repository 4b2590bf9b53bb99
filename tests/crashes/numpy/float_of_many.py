# first: correct | [16]
import torch
from torch import nn

model = nn.Linear(4, 3)
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
out = model(x)
nn.functional.cross_entropy(out, y).backward()
correct = (out.argmax(1) == y)
total = 0.0
total += float(correct)  # <- here
