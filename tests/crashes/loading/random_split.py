# first: the parts of random_split do not add up to len(data): write n = int(0.8 * len(data)) and random_split(data, [n, len(data) - n])
import torch
from torch.utils.data import TensorDataset, random_split

data = TensorDataset(torch.rand(103, 2))
a, b = random_split(data, [80, 20])  # <- here
