# first: empty | train_set
import torch
from torch.utils.data import DataLoader, TensorDataset

train_set = TensorDataset(torch.rand(0, 3))
loader = DataLoader(train_set, batch_size=4, shuffle=True)  # <- here
