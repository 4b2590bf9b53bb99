# first: x.shape is no function: write x.shape[0]
import torch

x = torch.rand(3, 4)
n = x.shape(0)  # <- here
