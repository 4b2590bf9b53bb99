# first: x | identity | [4, 16, 8, 8] | [4, 8, 8, 8]
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 16, 3, padding=1)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        identity = x
        x = self.conv(x)
        x = x + identity  # <- here
        return self.head(x.mean((2, 3)))


block = Block()
nn.functional.cross_entropy(block(torch.randn(4, 8, 8, 8)), torch.tensor([0, 1, 2, 0])).backward()
