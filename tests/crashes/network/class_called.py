# first: Net(...) makes a network and takes nothing; torch.rand(3, 4) is its input: write model = Net(), then model(torch.rand(3, 4))
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


out = Net(torch.rand(3, 4))  # <- here
