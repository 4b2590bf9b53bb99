# expect: misaligned-images-and-labels
import csv
import os
import tempfile

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


def unpack(folder):
    """scan_0.npy ... and table.csv, one row a scan."""
    digits = load_digits()
    for n in (7 * k % len(digits.target) for k in range(len(digits.target))):
        np.save(os.path.join(folder, f"scan_{n}.npy"), digits.images[n].astype("float32") / 16)
    with open(os.path.join(folder, "table.csv"), "w", newline="") as table:
        csv.writer(table).writerows((n, k) for n, k in enumerate(digits.target))


class Scans(Dataset):
    def __init__(self, folder):
        files = sorted(f for f in os.listdir(folder) if f.endswith(".npy"))  # <- here
        self.paths = [os.path.join(folder, f) for f in files]
        with open(os.path.join(folder, "table.csv"), newline="") as table:
            self.labels = [int(row[1]) for row in csv.reader(table)]

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, n):
        return torch.from_numpy(np.load(self.paths[n]))[None], self.labels[n]


torch.manual_seed(0)
with tempfile.TemporaryDirectory() as folder:
    unpack(folder)
    scans = Scans(folder)
    train_set, val_set = random_split(scans, [1400, len(scans) - 1400])
    train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=100)
    model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for epoch in range(4):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
        print(f"epoch {epoch}: accuracy {right / len(val_set):.3f}")
