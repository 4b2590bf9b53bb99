# first: Crash:
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.fc = nn.Linear(8, classes)

    def forward(self, x):
        return self.fc(self.body(x))


state = Net(10).state_dict()
net = Net(3)
net.load_state_dict(state)
