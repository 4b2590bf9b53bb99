# first: self
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(x):
        return x


model = Model()
out = model(torch.randn(16, 4))  # <- here
