# first: next(iter(loader))
import torch
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.rand(8, 3)), batch_size=4)
x = loader[0]  # <- here
