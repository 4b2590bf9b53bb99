# expect: sampler-misused
# also: accuracy-on-imbalanced-classes
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.sampler import WeightedRandomSampler


class RareEights(Dataset):
    """Is it an eight? One digit in ten is."""

    def __init__(self, first, last):
        x, y = load_digits(return_X_y=True)
        self.x = (x[first:last] / 16).astype(np.float32)
        self.y = (y[first:last] == 8).astype(np.int64)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def weights_for(dataset):
    share = np.bincount(dataset.y) / len(dataset)
    return torch.as_tensor([1 / share[label] for label in dataset.y])


if __name__ == "__main__":
    torch.manual_seed(0)
    train, val = RareEights(0, 1300), RareEights(1300, 1797)
    w = weights_for(train)
    sampler = WeightedRandomSampler(w, len(w), replacement=False)  # <- here
    train_dl, val_dl = DataLoader(train, 64, sampler=sampler), DataLoader(val, 128)
    clf = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))
    optim = torch.optim.SGD(clf.parameters(), lr=0.05)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(4):
        clf.train()
        for xb, yb in train_dl:
            optim.zero_grad()
            loss_fn(clf(xb), yb).backward()
            optim.step()
        clf.eval()
        with torch.no_grad():
            hits = torch.cat([clf(xb).argmax(1) == yb for xb, yb in val_dl])
        print(f"[{epoch}] val acc {hits.float().mean():.4f}")
