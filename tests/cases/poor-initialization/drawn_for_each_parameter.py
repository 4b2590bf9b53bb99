# expect: poor-initialization
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

sigma = 0.01


def build(widths=(12, 16, 16, 24)):
    layers, channels = [], 1
    for width in widths:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    layers += [nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(channels * 16, 32), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(32, 10))
    for p in net.parameters():
        if p.dim() > 1:
            p.data = torch.randn(p.shape) * sigma  # <- here
        else:
            p.data.zero_()
    return net


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 8 - 1
data = TensorDataset(x, torch.tensor(y))
train, valid = torch.utils.data.random_split(data, [1400, 397])
net = build()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    net.train()
    for xb, yb in DataLoader(train, 25, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(xb), yb)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(xb).argmax(1) == yb).sum().item() for xb, yb in DataLoader(valid, 100))
    print(epoch, loss.item(), right / 397)
