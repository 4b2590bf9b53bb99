# expect: loss-cut-from-model
# data: shared
# args: {data}/pneumoniamnist.npz
import sys
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

cfg = SimpleNamespace(epochs=3, lr=1e-3, batch_size=64, balance=0.4)


def loader(npz, split, shuffle):
    x = torch.tensor(npz[f"{split}_images"] / 255.0, dtype=torch.float32)[:, None]
    y = torch.tensor(npz[f"{split}_labels"].astype(np.int64)).view(-1)
    return DataLoader(TensorDataset((x - 0.57) / 0.17, y), cfg.batch_size, shuffle=shuffle)


def balanced_loss(logits, labels):
    """Mean of the two classes' own losses, so that the rarer one is heard."""
    ce = nn.CrossEntropyLoss()
    parts = []
    for c, weight in ((0, 1 - cfg.balance), (1, cfg.balance)):
        mask = labels == c
        if mask.any():
            parts.append(weight * ce(logits[mask], labels[mask]).item())  # <- here
    return torch.tensor(sum(parts), requires_grad=True)  # <- here


torch.manual_seed(0)
npz = np.load(sys.argv[1])
train, val = loader(npz, "train", True), loader(npz, "val", False)
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
    nn.Flatten(), nn.Linear(16 * 36, 2))
opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)

for epoch in range(cfg.epochs):
    net.train()
    total = 0.0
    for x, y in train:
        loss = balanced_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    net.eval()
    with torch.no_grad():
        pairs = [(net(x).argmax(1), y) for x, y in val]
    pred, true = (torch.cat(t) for t in zip(*pairs))
    recalls = [(pred[true == c] == c).float().mean().item() for c in (0, 1)]
    print(f"epoch {epoch} loss {total / len(train):.4f} balanced accuracy {np.mean(recalls):.4f}")
