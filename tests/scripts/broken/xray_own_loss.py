# expect: softmax-over-wrong-dimension
# data: shared
# args: {data}/pneumoniamnist.npz
import sys

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class WeightedCrossEntropy(nn.Module):
    """Cross-entropy where a missed patient costs `cost` times as much."""

    def __init__(self, cost=1.5):
        super().__init__()
        self.weights = torch.tensor([cost, 1.0])
        self.softmax = nn.Softmax(dim=0)  # <- here

    def forward(self, scores, labels):
        p = self.softmax(scores)  # <- here
        picked = p[torch.arange(len(labels)), labels]
        w = self.weights[labels]
        return -(w * torch.log(picked + 1e-8)).sum() / w.sum()


def split(npz, name):
    x = torch.tensor(npz[name + "_images"], dtype=torch.float32).unsqueeze(1) / 127.5 - 1
    y = torch.tensor(npz[name + "_labels"].flatten().astype("int64"))
    return TensorDataset(x, y)


def report(model, loader):
    model.eval()
    hits, totals = torch.zeros(2), torch.zeros(2)
    with torch.no_grad():
        for x, y in loader:
            prediction = model(x).argmax(1)
            for c in range(2):
                hits[c] += ((prediction == c) & (y == c)).sum()
                totals[c] += (y == c).sum()
    return hits / totals, (hits.sum() / totals.sum()).item()


torch.manual_seed(3)
npz = np.load(sys.argv[1])
train_loader = DataLoader(split(npz, "train"), batch_size=32, shuffle=True)
val_loader = DataLoader(split(npz, "val"), batch_size=131)

model = nn.Sequential(
    nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(),
    nn.Conv2d(12, 24, 3, stride=2), nn.ReLU(),
    nn.Flatten(), nn.Linear(24 * 25, 2),
)
criterion = WeightedCrossEntropy()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    per_class, acc = report(model, val_loader)
    print(f"epoch {epoch}: loss {loss.item():.3f} recall {per_class.tolist()} val accuracy {acc:.3f}")
