# first: Crash:
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc1(x)


model = Model()
output = model(torch.randn(16, 4))
loss = nn.functional.cross_entropy(output, torch.zeros(16).long())
loss.backward()
