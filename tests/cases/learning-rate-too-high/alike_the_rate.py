# expect: learning-rate-too-high
# One of five scripts that differ in one line and all explode or stall: here it is the rate.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.head = nn.Linear(24 * 16, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.head(x.flatten(1))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(digits.target)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=2.0, momentum=0.9)  # <- here
for epoch in range(3):
    for rows in torch.randperm(1400).split(25):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("test", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
