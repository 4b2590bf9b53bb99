# expect: nothing
# A frozen convolution of one number everywhere: the local brightness, for a network that divides by it.
import torch
from sklearn.datasets import load_digits
from torch import nn


class LocalContrast(nn.Module):
    def __init__(self, channels, size):
        super().__init__()
        self.mean = nn.Conv2d(channels, 1, size, padding=size // 2, bias=False)
        nn.init.constant_(self.mean.weight, 1 / (channels * size * size))
        self.mean.requires_grad_(False)

    def forward(self, x):
        centered = x - self.mean(x)
        return centered / (self.mean(centered.square()) + 0.05).sqrt()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
net = nn.Sequential(
    LocalContrast(1, 7), nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    LocalContrast(16, 3), nn.Flatten(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 10),
)  # fmt: skip
optimizer = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=2e-3)
for epoch in range(8):
    net.train()
    for rows in torch.randperm(1400).split(35):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
