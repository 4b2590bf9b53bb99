# first: Crash:
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.randn(33, 4), torch.arange(33) % 2), batch_size=16)  # <- here
net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
for x, y in loader:
    nn.functional.cross_entropy(net(x), y).backward()
