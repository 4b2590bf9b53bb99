# first: w | [10, 20] | h
import torch

torch.manual_seed(0)
w = torch.randn(10, 20, requires_grad=True)
x = torch.randn(32, 15)
h = x * 2
out = h @ w  # <- here
out.sum().backward()
