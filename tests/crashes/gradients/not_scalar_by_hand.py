# first: error.mean().backward()
import torch


def fit(w, b, x, t):
    for _ in range(3):
        error = (x @ w + b - t) ** 2
        error.backward()  # <- here
        with torch.no_grad():
            w -= 0.1 * w.grad


fit(torch.zeros(4, 1, requires_grad=True), torch.zeros(1), torch.randn(20, 4), torch.randn(20, 1))
