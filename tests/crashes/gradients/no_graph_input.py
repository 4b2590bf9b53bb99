# first: requires_grad
import torch

w = torch.zeros(4)
x, t = torch.randn(20, 4), torch.randn(20)
loss = ((x @ w - t) ** 2).mean()
loss.backward()  # <- here
