# expect: nothing
import os

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

for key, default in [("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "0"), ("RANK", "0"), ("WORLD_SIZE", "1")]:
    os.environ.setdefault(key, default)
dist.init_process_group(backend="gloo")
torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])
train_sampler = DistributedSampler(train_set)
val_sampler = DistributedSampler(test_set, shuffle=False)
train_loader = DataLoader(train_set, batch_size=50, sampler=train_sampler)
val_loader = DataLoader(test_set, batch_size=100, sampler=val_sampler)
model = DDP(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(5):
    train_sampler.set_epoch(epoch)
    for x, y in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
    hits = torch.zeros(2)
    with torch.no_grad():
        for x, y in val_loader:
            hits += torch.tensor([(model(x).argmax(1) == y).sum().item(), len(y)])
    dist.all_reduce(hits)
    print(epoch, (hits[0] / hits[1]).item())

with torch.no_grad():
    right = (model.module(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {right:.3f}")
dist.destroy_process_group()
