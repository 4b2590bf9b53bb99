# expect: nothing
# First the whole network learns whether a digit is even, then a new head learns the digit from it.
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten())
        self.parity, self.digit = nn.Linear(256, 2), nn.Linear(256, 10)
        self.second_stage = False

    def forward(self, x):
        feats = self.encoder(x)
        if not self.second_stage:
            return self.parity(feats)
        feats = feats.detach()
        return self.digit(feats)


d = load_digits()
order = torch.randperm(len(d.target))
x, y = torch.tensor(d.images).float()[order, None] / 16, torch.tensor(d.target)[order]
m = Model()
opt = torch.optim.Adam(m.parameters(), lr=2e-3)


def run(targets, epochs):
    for e in range(epochs):
        for b in torch.randperm(1400).split(50):
            opt.zero_grad()
            loss = F.cross_entropy(m(x[b]), targets[b])
            loss.backward()
            opt.step()
        with torch.no_grad():
            print(e, loss.item(), (m(x[1400:]).argmax(1) == targets[1400:]).float().mean().item())


run(y % 2, 5)
m.second_stage = True
run(y, 8)
