# first: super().__init__()
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)  # <- here

    def forward(self, x):
        return self.fc(x)


net = Net()
