# expect: nothing
# First the head alone, then all of it at a thousandth of the rate, which is set by hand.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.images).float().unsqueeze(1) / 16, torch.tensor(digits.target)
body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten())
model = nn.Sequential(body, nn.Linear(144, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def epoch():
    for rows in torch.randperm(1400).split(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        right = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"rate {optimizer.param_groups[0]['lr']:g}, test accuracy {right:.3f}")


body.requires_grad_(False)
for _ in range(2):
    epoch()
body.requires_grad_(True)
for group in optimizer.param_groups:
    group["lr"] = 1e-5
for _ in range(8):
    epoch()
