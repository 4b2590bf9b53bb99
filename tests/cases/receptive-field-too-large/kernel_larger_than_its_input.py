# expect: receptive-field-too-large
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class LeNet(nn.Module):
    """Made for 28 pixels, given 8."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)  # <- here
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.flatten(1))


digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)
net = LeNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for i in range(0, 1400, 50):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x[i : i + 50]), y[i : i + 50]).backward()
    optimizer.step()
