# first: self.layers is a ModuleList, which holds layers and runs none: write for layer in self.layers: x = layer(x), or make it nn.Sequential
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])

    def forward(self, x):
        return self.layers(x)  # <- here


Net()(torch.rand(3, 4))
