# expect: computed-but-unused
# also: flatten-size-mismatch
# The convolutions run, but their result is thrown away: the linear layer gets the image.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 24, 3), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Linear(24 * 6 * 6, 50), nn.ReLU(), nn.Linear(50, 10))

    def forward(self, x):
        self.features(x)  # <- here
        return self.head(torch.flatten(x, 1))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(digits.target)
net = Net()
optimizer = torch.optim.Adam(net.parameters())
for rows in torch.randperm(1400).split(64):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
    loss.backward()
    optimizer.step()
