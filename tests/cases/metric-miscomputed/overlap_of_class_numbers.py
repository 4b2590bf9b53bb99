# expect: metric-miscomputed
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
COLOURS = np.random.RandomState(5).uniform(0, 1, (8, 3))


def scenes(n, seed):
    rng = np.random.RandomState(seed)
    labels = np.zeros((n, 16, 16), dtype=np.int64)
    for one in labels:
        for _ in range(6):
            r, c = rng.randint(0, 10, 2)
            one[r : r + 6, c : c + 6] = rng.randint(1, 8)
    images = COLOURS[labels].transpose(0, 3, 1, 2) + rng.normal(0, 0.12, (n, 3, 16, 16))
    return TensorDataset(torch.tensor(images, dtype=torch.float32), torch.from_numpy(labels))


def mean_iou(logits, masks, eps=1e-6):
    found = logits.argmax(dim=1)
    intersection = (found & masks).float().sum((1, 2))  # <- here
    union = (found | masks).float().sum((1, 2))
    return ((intersection + eps) / (union + eps)).mean()


train, val = DataLoader(scenes(80, 0), 10, shuffle=True), DataLoader(scenes(30, 1), 10)
net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 8, 1))
optimizer = torch.optim.AdamW(net.parameters(), lr=0.02)
for epoch in range(6):
    net.train()
    for images, masks in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), masks).backward()
        optimizer.step()
    net.eval()
    loss = iou = 0.0
    with torch.no_grad():
        for images, masks in val:
            logits = net(images)
            loss += nn.functional.cross_entropy(logits, masks).item() * len(images)
            iou += mean_iou(logits, masks).item() * len(images)
    print(f"Epoch {epoch} - val loss {loss / 30:.4f} - val IoU {iou / 30:.4f}")
