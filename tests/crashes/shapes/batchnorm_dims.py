# first: BatchNorm2d
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.bn = nn.BatchNorm1d(8)  # <- here
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        return self.fc(x.mean(dim=(2, 3)))


net = Net()
nn.functional.cross_entropy(net(torch.rand(4, 1, 8, 8)), torch.tensor([1, 2, 3, 4])).backward()
