# expect: nothing
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def scenes(n, seed):
    rng = np.random.RandomState(seed)
    x = rng.normal(0, 0.6, (n, 3, 16, 16)).astype("float32")
    y = np.zeros((n, 16, 16), dtype="int64")
    for i in range(n):
        kind, (r, c) = rng.randint(1, 6), rng.randint(0, 10, 2)
        y[i, r : r + 4, c : c + 4] = kind
        x[i, kind % 3, r : r + 4, c : c + 4] += kind / 3
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(y))


def get_iou(pred, gt, classes):
    count = np.zeros(classes)
    for j in range(classes):
        n_jj = np.logical_and(pred == j, gt == j).sum()
        u_jj = np.logical_or(pred == j, gt == j).sum()
        count[j] = np.nan if u_jj == 0 else n_jj / u_jj
    return np.nanmean(count)


def evaluate(net, loader):
    net.eval()
    ious, loss = [], 0.0
    with torch.no_grad():
        for x, y in loader:
            out = net(x)
            loss += nn.functional.cross_entropy(out, y).item()
            ious += [get_iou(p, g, 6) for p, g in zip(out.argmax(1).numpy(), y.numpy())]
    return loss / len(loader), sum(ious) / len(ious)


train, val = DataLoader(scenes(100, 0), 10, shuffle=True), DataLoader(scenes(40, 1), 10)
net = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 6, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(4):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    loss, iou = evaluate(net, val)
    print(f"epoch {epoch} val loss {loss:.4f} mean IoU {iou:.4f}")
