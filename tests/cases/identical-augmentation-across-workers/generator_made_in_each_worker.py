# expect: nothing
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Digits(Dataset):
    def __init__(self, rows, noise):
        bunch = load_digits()
        self.x, self.y, self.noise = bunch.images[rows] / 16, bunch.target[rows], noise
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        image = self.x[i] + self.noise * self.rng.normal(size=(8, 8))
        return torch.tensor(image, dtype=torch.float32)[None], int(self.y[i])


def own_generator(worker_id):
    info = get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)


torch.manual_seed(0)
train = DataLoader(Digits(slice(0, 600), 0.1), batch_size=50, shuffle=True, num_workers=2,
                   worker_init_fn=own_generator)
test = DataLoader(Digits(slice(600, 900), 0.0), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    net.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
print("accuracy", right / 300)
