# first: Crash:
import torch

w = torch.zeros(4, requires_grad=True)
x, t = torch.randn(20, 4), torch.randn(20)
for _ in range(3):
    ((x @ w - t) ** 2).mean().backward()
    w -= 0.1 * w.grad  # <- here
