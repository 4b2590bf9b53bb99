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

class Trainer:
    def __init__(self, net, data):
        self.sampler = DistributedSampler(data, shuffle=True)  # <- here
        self.loader = DataLoader(data, batch_size=50, sampler=self.sampler, drop_last=True)
        self.model = DDP(net)
        self.optim = torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9)

    def run_epoch(self):
        for x, y in self.loader:
            loss = nn.functional.cross_entropy(self.model(x), y)
            self.optim.zero_grad()
            loss.backward()
            self.optim.step()

    def fit(self, epochs):
        for _ in range(epochs):
            self.run_epoch()


trainer = Trainer(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)), train_set)
trainer.fit(4)
model = trainer.model

with torch.no_grad():
    right = (model.module(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {right:.3f}")
dist.destroy_process_group()
