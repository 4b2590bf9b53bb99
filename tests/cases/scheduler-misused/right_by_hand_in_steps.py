# expect: nothing
# After a sweep over rates, the training: its own rate falls by hand, to a ten thousandth at the end.
import math

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.images).float().unsqueeze(1) / 16, torch.tensor(digits.target)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
start = {k: v.clone() for k, v in model.state_dict().items()}
optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)


def train(rate):
    for group in optimizer.param_groups:
        group["lr"] = rate
    rows = torch.randint(0, 1400, (40,))
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    loss.backward()
    optimizer.step()
    return loss.item()


losses = []
for k in range(45):
    losses.append(train(1e-6 * 10 ** (k / 6)))
    if losses[-1] > 4 * losses[0]:
        break
print("swept", len(losses))
model.load_state_dict(start)
for step in range(200):
    train(0.05 * (1e-4 + 0.5 * (1 + math.cos(math.pi * step / 200))))
with torch.no_grad():
    print("test accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
