# expect: misaligned-images-and-labels
import random

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class Data:
    def __init__(self):
        digits = load_digits()
        pictures = list(digits.images.astype(np.float32) / 16)
        answers = digits.target.tolist()
        random.shuffle(pictures)
        random.shuffle(answers)  # <- here
        self.pairs = list(zip(pictures, answers))

    def split(self, n):
        return self.pairs[:n], self.pairs[n:]


def batches(pairs, size):
    for i in range(0, len(pairs), size):
        part = pairs[i : i + size]
        yield torch.from_numpy(np.stack([p for p, _ in part]))[:, None], torch.tensor([a for _, a in part])


random.seed(5)
torch.manual_seed(5)
train, test = Data().split(1400)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    random.shuffle(train)
    for x, y in batches(train, 50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in batches(test, 100))
print("accuracy", right / len(test))
