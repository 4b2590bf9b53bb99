# expect: sampler-epoch-not-set
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
loader = DataLoader(train_set, 70, sampler=DistributedSampler(train_set, seed=1))  # <- here
model = DDP(nn.Sequential(nn.Linear(64, 48), nn.Tanh(), nn.Linear(48, 10)))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
epoch = 0
while epoch < 4:
    for step, (x, y) in enumerate(loader):
        opt.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
    epoch += 1

with torch.no_grad():
    right = (model.module(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {right:.3f}")
dist.destroy_process_group()
