# first: norm is made for [16], and gets [3, 12]: write nn.LayerNorm(12)
import torch
from torch import nn


class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 12)
        self.norm = nn.LayerNorm(16)  # <- here

    def forward(self, x):
        return self.norm(self.fc(x))


M()(torch.rand(3, 6)).sum().backward()
