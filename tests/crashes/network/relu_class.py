# first: layer, not a result | nn.ReLU()(self.fc(x))
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = nn.ReLU(self.fc(x))  # <- here
        return x.sum()


Net()(torch.rand(3, 4))
