# first: Crash:
import torch
from torch import nn


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x):
        return self.a(x), self.b(x)


model = Two()
out = model(torch.randn(6, 4))
nn.CrossEntropyLoss()(out, torch.tensor([0, 1, 2, 0, 1, 2])).backward()
