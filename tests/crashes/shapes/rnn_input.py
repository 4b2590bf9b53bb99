# first: input_size=12
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(10, 16, batch_first=True)  # <- here
        self.fc = nn.Linear(16, 3)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1])


nn.functional.cross_entropy(Tagger()(torch.randn(4, 7, 12)), torch.tensor([0, 1, 2, 0])).backward()
