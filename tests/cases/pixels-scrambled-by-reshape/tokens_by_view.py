# expect: pixels-scrambled-by-reshape
# The maps of a convolution are taken for tokens by a view, which leaves them channel by channel.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)


class Attentive(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, stride=2, padding=1), nn.GELU())
        self.place = nn.Parameter(torch.zeros(1, 16, width))
        self.mix = nn.TransformerEncoderLayer(width, 4, 48, dropout=0.0, batch_first=True)
        self.head = nn.Linear(width, 10)

    def forward(self, image):
        maps = self.stem(image)
        b, c, h, w = maps.shape
        tokens = maps.view(b, h * w, c)  # <- here
        return self.head(self.mix(tokens + self.place).mean(1))


x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
net = Attentive()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
for epoch in range(5):
    net.train()
    for rows in torch.randperm(1400).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
