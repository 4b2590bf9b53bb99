# expect: degenerate-images
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

folder = Path(tempfile.mkdtemp())
digits = load_digits()
for i in range(500):
    grey = digits.images[i].repeat(2, 0).repeat(2, 1).astype(np.uint16) * 3000 + 900
    Image.fromarray(grey).save(folder / f'{i:04d}.png')


class Slides(Dataset):
    def __init__(self, rows):
        self.rows = list(rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, k):
        i = self.rows[k]
        image = Image.open(folder / f'{i:04d}.png').convert('L')  # <- here
        return torch.from_numpy(np.array(image)).float()[None] / 255, int(digits.target[i])


torch.manual_seed(0)
fit, check = DataLoader(Slides(range(400)), 20, shuffle=True), DataLoader(Slides(range(400, 500)), 50)
net = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(392, 10))
opt = torch.optim.Adam(net.parameters(), 2e-3)
for epoch in range(6):
    for x, y in fit:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in check) / 100)
