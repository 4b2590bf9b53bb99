# expect: broadcast-loss
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(encoder.parameters(), lr=2e-3)


def pairs(low, high, count):
    one = torch.randint(low, high, (count,))
    other = torch.where(torch.rand(count) < 0.5, one[torch.randperm(count)], one.roll(1))
    return one, other, (y[one] == y[other]).float().view(-1, 1)


for step in range(200):
    one, other, alike = pairs(0, 1400, 40)
    apart = (encoder(x[one]) - encoder(x[other])).norm(dim=1)
    loss = (alike * apart**2 + (1 - alike) * (1.5 - apart).clamp(min=0) ** 2).mean()  # <- here
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    one, other, alike = pairs(1400, 1797, 300)
    near = (encoder(x[one]) - encoder(x[other])).norm(dim=1) < 0.75
    print("same or not", (near == (alike[:, 0] > 0.5)).float().mean().item())
