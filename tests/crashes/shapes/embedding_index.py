# first: nn.Embedding(31, 8)
import torch
from torch import nn

torch.manual_seed(0)
tokens = torch.randint(0, 31, (40, 9))
tokens[0, 0] = 30
net = nn.Sequential(nn.Embedding(30, 8), nn.Flatten(), nn.Linear(72, 2))  # <- here
nn.functional.cross_entropy(net(tokens), torch.randint(0, 2, (40,))).backward()
