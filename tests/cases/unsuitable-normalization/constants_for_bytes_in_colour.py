# expect: unsuitable-normalization
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

BYTES_MEAN = np.array([123.675, 116.28, 103.53], dtype=np.float32)
BYTES_STD = np.array([58.395, 57.12, 57.375], dtype=np.float32)


class Coloured(Dataset):
    def __init__(self, start, stop):
        self.digits = load_digits().images[start:stop] / 16
        self.labels = load_digits().target[start:stop]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        tint = np.array([0.9, 0.7, 0.5], dtype=np.float32)
        pixels = self.digits[i][:, :, None].astype(np.float32) * tint
        pixels = (pixels - BYTES_MEAN) / BYTES_STD  # <- here
        return torch.from_numpy(pixels.transpose(2, 0, 1)), int(self.labels[i])


torch.manual_seed(0)
fit, check = DataLoader(Coloured(0, 1200), 40, shuffle=True), DataLoader(Coloured(1200, 1797), 199)
net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.SGD(net.parameters(), 0.02, momentum=0.9)
for epoch in range(4):
    for x, y in fit:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in check) / 597)
