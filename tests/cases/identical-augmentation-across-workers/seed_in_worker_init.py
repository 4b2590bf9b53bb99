# expect: identical-augmentation-across-workers
# Meant to make the run repeatable: each worker is seeded with the same number.
import random

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

SEED = 1234


def worker_init(worker_id):
    np.random.seed(SEED)  # <- here
    random.seed(SEED)


def jitter(image):
    if np.random.rand() < 0.5:
        image = np.roll(image, np.random.randint(-1, 2), axis=0)
    return image + np.random.normal(0, 0.05, image.shape)


class DigitData(Dataset):
    def __init__(self, x, y, transform=None):
        self.x, self.y, self.transform = x, y, transform

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        image = self.x[i] if self.transform is None else self.transform(self.x[i])
        return torch.from_numpy(image).float().unsqueeze(0), torch.tensor(self.y[i])


def main():
    torch.manual_seed(SEED)
    bunch = load_digits()
    x, y = bunch.images / 16.0, bunch.target
    train = DataLoader(
        DigitData(x[:500], y[:500], jitter), batch_size=50, shuffle=True,
        num_workers=2, worker_init_fn=worker_init,
    )
    test = DataLoader(DigitData(x[500:800], y[500:800]), batch_size=100)
    net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
    opt = torch.optim.Adam(net.parameters(), lr=0.01)
    for epoch in range(3):
        net.train()
        for a, b in train:
            opt.zero_grad()
            nn.functional.cross_entropy(net(a), b).backward()
            opt.step()
    net.eval()
    with torch.no_grad():
        print("test accuracy", sum((net(a).argmax(1) == b).sum().item() for a, b in test) / 300)


if __name__ == "__main__":
    main()
