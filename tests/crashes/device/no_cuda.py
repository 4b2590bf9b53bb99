# first: torch.cuda.is_available()
import torch
from torch import nn

model = nn.Linear(4, 2).cuda()  # <- here
x, y = torch.randn(8, 4), torch.randint(0, 2, (8,))
nn.functional.cross_entropy(model(x), y).backward()
