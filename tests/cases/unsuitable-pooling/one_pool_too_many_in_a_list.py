# expect: unsuitable-pooling
import torch
from sklearn.datasets import load_digits
from torch import nn


def build(widths):
    parts, before = [], 1
    for width in widths:
        parts.append(nn.Conv2d(before, width, 3, padding=1))
        parts.append(nn.ReLU())
        parts.append(nn.MaxPool2d(2))  # <- here
        before = width
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(before, 10))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
model = build([8, 16, 32, 64])
opt = torch.optim.Adam(model.parameters())
for i in range(0, 1400, 100):
    opt.zero_grad()
    loss = nn.functional.cross_entropy(model(x[i : i + 100]), y[i : i + 100])
    loss.backward()
    opt.step()
