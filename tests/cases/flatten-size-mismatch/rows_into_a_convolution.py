# expect: flatten-size-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Conv2d(1, 12, 3)
        self.decide = nn.Linear(12 * 36, 10)

    def forward(self, rows):
        return self.decide(torch.relu(self.look(rows)).flatten(1))


pixels, digit = load_digits(return_X_y=True)
pixels = torch.tensor(pixels, dtype=torch.float32).view(-1, 1, 8, 8) / 16
digit = torch.tensor(digit)
net = Digits()
optimizer = torch.optim.Adam(net.parameters())
for rows in torch.randperm(1400).split(50):
    batch = pixels[rows].reshape(len(rows), -1)  # <- here
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(batch), digit[rows]).backward()
    optimizer.step()
