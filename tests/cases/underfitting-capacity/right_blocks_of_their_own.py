# expect: nothing
"""Lists that are multiplied: of numbers, of functions without weights; the blocks are new ones."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
images, digits = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32).view(-1, 1, 8, 8)
digits = torch.tensor(digits)
act = [nn.ReLU()] * 3
widths = [1] + [24] * 3
convs = [nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:], strict=False)]
body = [layer for pair in zip(convs, act, strict=True) for layer in pair]
net = nn.Sequential(*body, *[nn.MaxPool2d(2)] * 2, nn.Flatten(), nn.Linear(24 * 4, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    for rows in torch.randperm(1300).split(50):
        loss = nn.functional.cross_entropy(net(images[rows]), digits[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        right = (net(images[1300:]).argmax(1) == digits[1300:]).float().mean().item()
    print(epoch, f"test accuracy {right:.3f}")
