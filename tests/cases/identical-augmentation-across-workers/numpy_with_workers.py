# expect: nothing
# np.random in workers without worker_init_fn: torch seeds numpy differently in each of them.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, rows, training):
        bunch = load_digits()
        rng = np.random.RandomState(3)
        order = rng.permutation(len(bunch.target))[rows]
        self.rng = rng
        self.x, self.y, self.training = bunch.images[order] / 16, bunch.target[order], training

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        image = self.x[i]
        if self.training:
            image = image + np.random.normal(0, 0.1, image.shape)
        return torch.tensor(image, dtype=torch.float32)[None], int(self.y[i])


torch.manual_seed(0)
train = DataLoader(Digits(slice(0, 600), True), batch_size=50, shuffle=True, num_workers=2)
test = DataLoader(Digits(slice(600, 900), False), batch_size=100)
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
