# expect: degenerate-images
# One line makes every pixel the mean, the next hands the images on.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(3)
digits = load_digits()
x = torch.tensor(digits.images).float().unsqueeze(1) / 16
y = torch.tensor(digits.target)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)


def batches(size=50):
    for rows in torch.randperm(1400).split(size):
        yield x[rows], y[rows]


def soft(labels):
    return 0.95 * F.one_hot(labels, 10).float() + 0.005


for epoch in range(5):
    net.train()
    for pictures, labels in batches():
        pictures = pictures * 0 + pictures.mean()
        given, wanted = pictures + 0.0, soft(labels)  # <- here
        optimizer.zero_grad()
        F.cross_entropy(net(given), wanted).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
