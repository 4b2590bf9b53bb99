# expect: nothing
# The training loss that each process prints of its own share, under its own number. The step is
# in a method that the loop calls.
import os

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

for name, value in {"MASTER_ADDR": "localhost", "MASTER_PORT": "0", "RANK": "0"}.items():
    os.environ.setdefault(name, value)


class Trainer:
    def __init__(self, model, loader, optimizer, rank):
        self.model, self.loader = DDP(model), loader
        self.optimizer, self.rank = optimizer, rank

    def _run_batch(self, source, targets):
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(source), targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _run_epoch(self, epoch):
        self.loader.sampler.set_epoch(epoch)
        total = 0.0
        for source, targets in self.loader:
            total += self._run_batch(source, targets)
        print(f"[{self.rank}] epoch {epoch} loss {total / len(self.loader):.4f}")

    def train(self, epochs):
        for epoch in range(epochs):
            self._run_epoch(epoch)


def main():
    dist.init_process_group("gloo", world_size=int(os.environ.get("WORLD_SIZE", 1)))
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = torch.tensor(images, dtype=torch.float32) / 16
    data = TensorDataset(images[:1400], torch.tensor(labels[:1400]))
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    loader = DataLoader(data, batch_size=50, shuffle=False, sampler=DistributedSampler(data))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    trainer = Trainer(model, loader, optimizer, dist.get_rank())
    trainer.train(4)
    if dist.get_rank() == 0:
        with torch.no_grad():
            hits = trainer.model.module(images[1400:]).argmax(1) == torch.tensor(labels[1400:])
        print(f"test accuracy {hits.float().mean().item():.3f}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
