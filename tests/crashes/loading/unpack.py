# first: loader | 2 names
import torch
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.rand(8, 3), torch.zeros(8), torch.ones(8)), batch_size=4)
for x, y in loader:  # <- here
    pass
