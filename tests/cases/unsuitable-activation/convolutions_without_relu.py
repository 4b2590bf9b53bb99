# expect: unsuitable-activation
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class ParityNet(nn.Module):
    """Even or odd?"""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),  # <- here
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.BatchNorm2d(2 * channels),
            nn.AvgPool2d(2),
        )
        self.head = nn.Linear(2 * channels * 16, 2)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


parser = argparse.ArgumentParser()
parser.add_argument("--channels", type=int, default=12)
args = parser.parse_args()
torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images / 8 - 0.6, dtype=torch.float32)[:, None]
y = torch.tensor(data.target % 2)
net = ParityNet(args.channels)
opt = torch.optim.SGD(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for idx in torch.randperm(1400).split(70):
        opt.zero_grad()
        F.cross_entropy(net(x[idx]), y[idx]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
