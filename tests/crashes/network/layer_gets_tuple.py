# first: Crash:
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 8, batch_first=True)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        x = self.lstm(x)
        return self.fc(x)


model = Model()
model(torch.randn(3, 5, 4)).sum().backward()
