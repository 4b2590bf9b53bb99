# first: nn.Module
import torch
from torch import nn


class Net:
    def __init__(self):
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


net = Net()
out = net(torch.randn(16, 4))  # <- here
