# first: Net has no con1, but conv1: write conv1
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)

    def forward(self, x):
        return self.con1(x)  # <- here


Net()(torch.rand(1, 1, 8, 8))
