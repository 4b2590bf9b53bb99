# expect: channel-count-mismatch
"""What the first layer gives is kept for a look; the crash has another cause."""
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.edges = nn.Conv2d(1, 4, 3, padding=1)
        self.conv = nn.Conv2d(3, 8, 3, padding=1)  # <- here
        self.fc = nn.Linear(8 * 64, 10)
        self.seen = None

    def forward(self, x):
        edges = self.edges(x)
        self.seen = edges
        return self.fc(torch.relu(self.conv(x)).flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float().view(-1, 1, 8, 8), torch.tensor(y)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for i in range(0, 1400, 50):
    opt.zero_grad()
    nn.functional.cross_entropy(net(x[i : i + 50]), y[i : i + 50]).backward()
    opt.step()
