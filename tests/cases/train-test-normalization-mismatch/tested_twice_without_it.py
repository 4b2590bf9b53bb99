# expect: train-test-normalization-mismatch
"""Validated as it is trained; the report at the end reads the test images as they are stored."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
pixels, digits = load_digits(return_X_y=True)
order = np.random.default_rng(1).permutation(len(digits))
pixels, digits = pixels[order].reshape(-1, 1, 8, 8).astype("float32"), torch.tensor(digits[order])


def prepare(x):
    return torch.from_numpy((x - 4.9) / 6.0)


net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 16, 10),
)  # fmt: skip
adam = torch.optim.Adam(net.parameters(), 2e-3)
train, test = prepare(pixels[:1200]), prepare(pixels[1200:])
for epoch in range(5):
    net.train()
    for rows in torch.randperm(1200).split(50):
        adam.zero_grad()
        nn.functional.cross_entropy(net(train[rows]), digits[:1200][rows]).backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(test).argmax(1) == digits[1200:]).float().mean().item())

stored = torch.from_numpy(pixels[1200:])  # <- here
with torch.no_grad():
    hit = net(stored).argmax(1) == digits[1200:]
    print("accuracy", hit.float().mean().item())
    wrong = net(stored).argmax(1) != digits[1200:]
    print("errors", wrong.sum().item())
