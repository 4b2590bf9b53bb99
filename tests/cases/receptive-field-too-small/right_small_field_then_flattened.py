# expect: nothing
# 1x1 convolutions, but the linear layer sees the whole image.
import torch
from sklearn.datasets import load_digits
from torch import nn


class PerPixelThenAll(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.ReLU())
        self.head = nn.Linear(4 * 64, 10)

    def forward(self, x):
        return self.head(self.mix(x).flatten(1))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = PerPixelThenAll()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(5):
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[i : i + 50]), y[i : i + 50]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
