# expect: sampler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler, random_split
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
ds = TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y))
train_ds, val_ds = random_split(ds, [1400, 397])
counts = torch.bincount(ds.tensors[1])
weights = 1.0 / counts[ds.tensors[1]].float()
sampler = WeightedRandomSampler(weights, len(weights))  # <- here
train = DataLoader(train_ds, 32, sampler=sampler)
val = DataLoader(val_ds, 100)
m = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
o = torch.optim.Adam(m.parameters(), 1e-3)
for e in range(3):
    for a, b in train:
        o.zero_grad(); nn.functional.cross_entropy(m(a), b).backward(); o.step()
    with torch.no_grad():
        print(sum((m(a).argmax(1) == b).sum().item() for a, b in val) / 397)
