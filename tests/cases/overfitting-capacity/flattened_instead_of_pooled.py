# expect: overfitting-capacity
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(1)


def signals(n):
    """A rising or a falling ramp of eight samples, anywhere in 160."""
    x, y = 0.4 * torch.randn(n, 1, 160), torch.randint(0, 2, (n,))
    ramp = torch.linspace(-1.5, 1.5, 8)
    for row, label in zip(x, y):
        start = torch.randint(0, 152, (1,)).item()
        row[0, start : start + 8] += ramp if label else ramp.flip(0)
    return x, y


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 7, padding=3)
        self.conv2 = nn.Conv1d(16, 24, 5, padding=2)
        self.fc1 = nn.Linear(24 * 160, 128)  # <- here
        self.fc2 = nn.Linear(128, 2)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


x, y = signals(240)
x_val, y_val = signals(400)
net = Detector()
optimizer = optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.1)
for epoch in range(7):
    net.train()
    for i in torch.randperm(240).split(20):
        optimizer.zero_grad()
        F.cross_entropy(net(x[i]), y[i]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x_val).argmax(1) == y_val).float().mean().item())
