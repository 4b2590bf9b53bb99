# first: x.permute(0, 2, 1).reshape(
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(24, 3)

    def forward(self, x):
        x = x.permute(0, 2, 1).view(x.size(0), -1)  # <- here
        return self.fc(x)


nn.functional.cross_entropy(Net()(torch.randn(5, 4, 6)), torch.tensor([0, 1, 2, 0, 1])).backward()
