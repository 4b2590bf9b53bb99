# expect: label-destroying-augmentation
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(0)


def scene():
    x1, y1 = rng.integers(0, 10, 2)
    x2, y2 = x1 + rng.integers(4, 10), y1 + rng.integers(4, 10)
    picture = rng.random((24, 24)) * 0.4
    picture[y1:y2, x1:x2] += 0.6
    return picture.astype(np.float32), np.array([x1, y1, x2, y2], np.float32) / 24


class Boxes(Dataset):
    def __init__(self, count, mirror):
        self.items = [scene() for _ in range(count)]
        self.mirror = mirror

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        picture, box = self.items[i]
        if self.mirror and rng.random() < 0.5:
            picture, box = np.fliplr(picture).copy(), box.copy()  # <- here
            box[[0, 2]] = 1 - box[[0, 2]]
        return torch.from_numpy(picture)[None], torch.from_numpy(box)


torch.manual_seed(0)
train, val = DataLoader(Boxes(500, True), 25, shuffle=True), DataLoader(Boxes(200, False), 100)
net = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(400, 4))
opt = torch.optim.Adam(net.parameters(), 2e-3)
for epoch in range(6):
    for x, y in train:
        loss = nn.functional.smooth_l1_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        gap = np.mean([(net(x) - y).abs().mean().item() for x, y in val])
    print(f'epoch {epoch} loss {loss.item():.4f} error {24 * gap:.2f} pixels')
