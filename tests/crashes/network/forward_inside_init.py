# first: forward of Net stands inside its __init__: move def forward one indentation to the left
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

        def forward(self, x):  # <- here
            return self.fc(x)


net = Net()
net(torch.rand(3, 4))
