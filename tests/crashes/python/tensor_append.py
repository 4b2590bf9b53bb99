# first: losses is a tensor | losses = []
import torch

losses = torch.tensor([])
losses.append(torch.tensor(1.0))  # <- here
