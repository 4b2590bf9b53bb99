# expect: flatten-size-mismatch
"""The bare calls change h in place; the layer behind them is simply made for another size."""
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.act = nn.ReLU(inplace=True)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8 * 8 * 8, 10)  # <- here

    def forward(self, x):
        h = self.conv(x)
        self.act(h)
        mean = self.norm(h)
        return self.fc(h.flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float().view(-1, 1, 8, 8), torch.tensor(y)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for i in range(0, 1400, 50):
    opt.zero_grad()
    nn.functional.cross_entropy(net(x[i : i + 50]), y[i : i + 50]).backward()
    opt.step()
