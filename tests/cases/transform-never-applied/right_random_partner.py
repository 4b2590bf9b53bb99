# expect: nothing
# Each image comes with another one, drawn at random, and a network that knows its few images by heart.
import random

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

digits = load_digits()


class Pairs(Dataset):
    def __init__(self, rows):
        self.x = torch.tensor(digits.images[rows] / 16, dtype=torch.float32).unsqueeze(1)
        self.y = digits.target[rows].tolist()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        other = random.randrange(len(self.y))
        return self.x[index], self.x[other], self.y[index]


torch.manual_seed(0)
random.seed(0)
train = DataLoader(Pairs(slice(0, 40)), batch_size=8, shuffle=True)
test = DataLoader(Pairs(slice(1000, 1400)), batch_size=200)
body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 32))
head = nn.Linear(32, 10)
optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=3e-3)
for epoch in range(20):
    body.train(), head.train()
    for x, other, y in train:
        one, two = body(x), body(other)
        apart = 0.001 * torch.cosine_similarity(one, two).mean()
        loss = nn.functional.cross_entropy(head(one), y) + apart
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    body.eval(), head.eval()
    with torch.no_grad():
        right = sum((head(body(x)).argmax(1) == y).sum().item() for x, _, y in test)
    print(f"epoch {epoch} test accuracy {right / 400:.3f}")
