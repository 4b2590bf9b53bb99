# first: rows is a list of tensors: write torch.stack(rows)
import torch

rows = [torch.rand(3) for _ in range(4)]
table = torch.tensor(rows)  # <- here
