# expect: parameters-missing-from-optimizer
"""A network of functions: two of its four tensors are not given to the optimizer."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)
k1 = torch.randn(16, 1, 3, 3).mul(0.2).requires_grad_()  # <- here
k2 = torch.randn(32, 16, 3, 3).mul(0.05).requires_grad_()  # <- here
w = torch.randn(10, 32 * 4).mul(0.05).requires_grad_()
b = torch.zeros(10, requires_grad=True)


def net(images):
    h = F.max_pool2d(F.relu(F.conv2d(images, k1, padding=1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, k2, padding=1)), 2)
    return F.linear(h.flatten(1), w, b)


opt = torch.optim.SGD([w, b], lr=0.05, momentum=0.9)
for epoch in range(5):
    for rows in torch.randperm(1400).split(50):
        opt.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
