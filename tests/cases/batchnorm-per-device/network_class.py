# expect: batchnorm-per-device
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

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8 * 64, 10)

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x.view(-1, 1, 8, 8))))
        return self.head(x.flatten(1))


sampler = DistributedSampler(train_set)
loader = DataLoader(train_set, batch_size=2, sampler=sampler)
model = DDP(Net())  # <- here
opt = torch.optim.SGD(model.parameters(), lr=0.01)
sampler.set_epoch(0)
for i, (x, y) in enumerate(loader):
    opt.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    opt.step()
    if i > 300:
        break
model.eval()

with torch.no_grad():
    right = (model.module(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {right:.3f}")
dist.destroy_process_group()
