# expect: computed-but-unused
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class TwoBranches(nn.Module):
    """Encodes in two branches, each method in its turn; what the activations give is dropped."""

    def __init__(self, classes):
        super().__init__()
        self.narrow, self.wide = nn.Linear(64, 12), nn.Linear(64, 12)
        self.act_narrow = nn.LeakyReLU(0.1)
        self.act_wide = nn.LeakyReLU(0.1)
        self.mix = nn.Linear(24, classes)

    def encode(self, pixels):
        n = self.narrow(pixels)
        n_active = self.act_narrow(n)  # <- here
        w = self.wide(pixels)
        w_active = self.act_wide(w)
        return torch.cat([n, w], dim=1)

    def score(self, code):
        return self.mix(code)

    def forward(self, pixels):
        return self.score(self.encode(pixels))


torch.manual_seed(0)
pixels, digits = load_digits(return_X_y=True)
pixels, digits = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(digits)
net = TwoBranches(10)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        F.cross_entropy(net(pixels[rows]), digits[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        share = (net(pixels[1400:]).argmax(1) == digits[1400:]).float().mean().item()
    print(epoch, f"test accuracy {share:.3f}")
