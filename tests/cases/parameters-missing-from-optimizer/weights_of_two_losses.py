# expect: parameters-missing-from-optimizer
"""How much each of two losses counts is to be learned, and stays as it was."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
raw = load_digits()
x, y = torch.tensor(raw.data).float() / 16, torch.tensor(raw.target)
parity = (y % 2).float()


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 24), nn.ReLU())
        self.digit, self.odd = nn.Linear(24, 10), nn.Linear(24, 1)

    def forward(self, images):
        seen = self.body(images)
        return self.digit(seen), self.odd(seen).squeeze(1)


def main():
    net = TwoHeads()
    log_vars = torch.full((2,), 4.0, requires_grad=True)  # <- here
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    digit_loss, odd_loss = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss()
    for epoch in range(4):
        for rows in torch.randperm(1400).split(50):
            digit, odd = net(x[rows])
            both = torch.stack([digit_loss(digit, y[rows]), odd_loss(odd, parity[rows])])
            loss = (torch.exp(-log_vars) * both + log_vars).sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, "loss", loss.item())
    with torch.no_grad():
        print("digits right", (net(x[1400:])[0].argmax(1) == y[1400:]).float().mean().item())


main()
