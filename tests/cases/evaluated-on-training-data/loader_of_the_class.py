# expect: evaluated-on-training-data
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Runner:
    def __init__(self, epochs=5, batch_size=16):
        self.epochs = epochs
        d = load_digits()
        ds = TensorDataset(torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target))
        tr, va, _ = random_split(ds, [300, 400, 1097])
        self.train_loader = DataLoader(tr, batch_size, shuffle=True)
        self.val_loader = DataLoader(va, batch_size)
        self.model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
        self.optim = torch.optim.Adam(self.model.parameters(), lr=3e-3)

    def train_epoch(self):
        self.model.train()
        for x, y in self.train_loader:
            self.optim.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            self.optim.step()

    def validate(self):
        self.model.eval()
        hits = n = 0
        with torch.no_grad():
            for x, y in self.train_loader:  # <- here
                hits += (self.model(x).argmax(1) == y).sum().item()
                n += y.numel()
        return hits / n


torch.manual_seed(0)
r = Runner()
for e in range(r.epochs):
    r.train_epoch()
    print(f'[{e}] val_acc = {r.validate():.4f}')
