# first: __int__ | def __init__(self
import torch
from torch import nn


class Model(nn.Module):
    def __int__(self):  # <- here
        super().__init__()
        self.fc1 = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc1(x)


out = Model()(torch.randn(16, 4))
