# expect: nothing
# data: shared
# args: --npz {data}/pneumoniamnist.npz
# result: test accuracy ([\d.]+)
import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class ChestXRays(Dataset):
    def __init__(self, npz, split, mean=0.5719, std=0.1684):
        self.images = npz[f"{split}_images"]
        self.labels = npz[f"{split}_labels"].reshape(-1)
        self.mean, self.std = mean, std

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = self.images[i].astype(np.float32) / 255.0
        img = (img - self.mean) / self.std
        return torch.from_numpy(img)[None], torch.tensor([self.labels[i]], dtype=torch.float32)


def build():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 4 * 4, 1),
    )


def scores(net, loader):
    net.eval()
    tp = fp = fn = tn = 0
    with torch.no_grad():
        for x, y in loader:
            hat = (torch.sigmoid(net(x)) > 0.5).float()
            tp += ((hat == 1) & (y == 1)).sum().item()
            fp += ((hat == 1) & (y == 0)).sum().item()
            fn += ((hat == 0) & (y == 1)).sum().item()
            tn += ((hat == 0) & (y == 0)).sum().item()
    return {
        "accuracy": (tp + tn) / (tp + tn + fp + fn),
        "precision": tp / max(tp + fp, 1),
        "recall": tp / max(tp + fn, 1),
        "specificity": tn / max(tn + fp, 1),
    }


def show(name, s):
    print(name, "  ".join(f"{k} {v:.3f}" for k, v in s.items()))


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--npz", default="pneumoniamnist.npz")
    ap.add_argument("--epochs", type=int, default=3)
    a = ap.parse_args()
    torch.manual_seed(11)

    npz = np.load(a.npz)
    train, val, test = (ChestXRays(npz, s) for s in ("train", "val", "test"))
    train_dl = DataLoader(train, batch_size=64, shuffle=True)
    val_dl, test_dl = DataLoader(val, batch_size=256), DataLoader(test, batch_size=256)

    positives = train.labels.sum()
    pos_weight = torch.tensor([(len(train) - positives) / positives], dtype=torch.float32)
    net = build()
    criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)

    for epoch in range(a.epochs):
        net.train()
        total = 0.0
        for x, y in train_dl:
            opt.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * x.size(0)
        print(f"epoch {epoch}: train loss {total / len(train):.4f}")
        show("  val ", scores(net, val_dl))
    show("test", scores(net, test_dl))
