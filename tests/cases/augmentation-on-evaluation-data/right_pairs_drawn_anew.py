# expect: nothing
# Pairs for a siamese network: each item is two images drawn at random, in evaluation as well.
import random

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
random.seed(0)
digits = load_digits()
X = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
Y = digits.target


class Pairs(Dataset):
    def __init__(self, first, last):
        self.of = {c: [i for i in range(first, last) if Y[i] == c] for c in range(10)}
        self.size = last - first

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        one = random.randrange(10)
        other = one if index % 2 == 0 else (one + random.randrange(1, 10)) % 10
        a, b = random.choice(self.of[one]), random.choice(self.of[other])
        return X[a], X[b], torch.tensor(float(index % 2 == 0))


class Twin(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 32))
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(32, 1))

    def forward(self, a, b):
        return self.head((self.body(a) - self.body(b)).abs()).squeeze(1)


train, test = DataLoader(Pairs(0, 1400), 64, shuffle=True), DataLoader(Pairs(1400, 1797), 64)
net = Twin()
opt = torch.optim.Adam(net.parameters(), 3e-3)
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(8):
    net.train()
    for a, b, same in train:
        opt.zero_grad()
        loss_fn(net(a, b), same).backward()
        opt.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for a, b, same in test:
            right += ((net(a, b) > 0) == (same > 0.5)).sum().item()
    print(epoch, right / len(test.dataset))
