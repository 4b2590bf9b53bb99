# expect: sampler-misused
# also: accuracy-on-imbalanced-classes
import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

ap = argparse.ArgumentParser()
ap.add_argument("--epochs", type=int, default=4)
ap.add_argument("--batch-size", type=int, default=40)
ap.add_argument("--lr", type=float, default=0.01)
cfg = ap.parse_args()


def unbalanced():
    """Digits 0-4, the higher ones ever rarer."""
    x, y = load_digits(n_class=5, return_X_y=True)
    x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
    keep = [torch.where(y == c)[0][: 178 // (c + 1)] for c in range(5)]
    index = torch.cat([k[20:] for k in keep])
    held = torch.cat([k[:20] for k in keep])
    return TensorDataset(x[index], y[index]), TensorDataset(x[held], y[held])


torch.manual_seed(7)
train_ds, test_ds = unbalanced()
labels = train_ds.tensors[1]
counts = torch.bincount(labels)
per_sample = counts[labels].double()
sampler = WeightedRandomSampler(per_sample, num_samples=len(per_sample))  # <- here
loader = DataLoader(train_ds, cfg.batch_size, sampler=sampler)
net = nn.Sequential(nn.Linear(64, 12), nn.Tanh(), nn.Linear(12, 5))
opt = optim.SGD(net.parameters(), lr=cfg.lr)
criterion = nn.CrossEntropyLoss()
for epoch in range(cfg.epochs):
    net.train()
    for images, target in loader:
        loss = criterion(net(images), target)
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    guess = torch.cat([net(images).argmax(1) for images, _ in DataLoader(test_ds, 50)])
print("test accuracy", (guess == test_ds.tensors[1]).float().mean().item())
