# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Watched(nn.Module):
    """Helpers that are read, and one that only looks: what it computes goes nowhere on purpose."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 48), nn.Linear(48, 10)
        self.act = nn.ReLU()
        self.silent = 0

    def warm_up(self, pixels):
        """Called before the training, for the speed of the first step alone."""
        ready = self.act(self.first(pixels))
        self.silent += 1

    def encode(self, pixels):
        code = self.first(pixels)
        active = self.act(code)
        return active

    def forward(self, pixels):
        return self.second(self.encode(pixels))


torch.manual_seed(0)
pixels, digits = load_digits(return_X_y=True)
pixels, digits = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(digits)
net = Watched()
net.warm_up(pixels[:4])
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        F.cross_entropy(net(pixels[rows]), digits[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        share = (net(pixels[1400:]).argmax(1) == digits[1400:]).float().mean().item()
    print(epoch, f"test accuracy {share:.3f}")
