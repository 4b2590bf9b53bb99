# first: x of shape [8, 4] has 2 dimensions, not 4: give it 4 dimensions (an image without its batch: unsqueeze(0)), or name 2
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        n, c, h, w = x.shape  # <- here
        return self.fc(x.view(n, -1))


Net()(torch.rand(8, 4)).sum().backward()
