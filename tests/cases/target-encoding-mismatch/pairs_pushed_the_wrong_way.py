# expect: target-encoding-mismatch
# The data set says 1 for two images of one digit, the loss takes 1 for two different ones.
import random

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(1)
random.seed(1)
digits = load_digits()
IMAGES = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16


class Pairs(Dataset):
    def __init__(self, rows):
        self.of = {d: [r for r in rows if digits.target[r] == d] for d in range(10)}

    def __len__(self):
        return 1600

    def __getitem__(self, number):
        alike = number % 2
        one = random.randrange(10)
        other = one if alike else (one + random.randrange(1, 10)) % 10
        left, right = random.choice(self.of[one]), random.choice(self.of[other])
        return {"left": IMAGES[left], "right": IMAGES[right], "alike": float(alike)}


def contrast(one, other, differ, margin=1.5):
    distance = ((one - other) ** 2).sum(1).add(1e-9).sqrt()
    near = (1 - differ) * distance**2
    return (near + differ * (margin - distance).clamp(min=0) ** 2).mean()


tower = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(512, 16),
)  # fmt: skip
optimizer = torch.optim.AdamW(tower.parameters(), lr=1e-3)
for epoch in range(4):
    for batch in DataLoader(Pairs(range(1400)), batch_size=40, shuffle=True):
        optimizer.zero_grad()
        loss = contrast(tower(batch["left"]), tower(batch["right"]), batch["alike"].float())  # <- here
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
apart = {0.0: [], 1.0: []}
with torch.no_grad():
    for batch in DataLoader(Pairs(range(1400, 1797)), batch_size=40):
        distances = (tower(batch["left"]) - tower(batch["right"])).norm(dim=1)
        for distance, alike in zip(distances.tolist(), batch["alike"].tolist()):
            apart[alike].append(distance)
print({alike: sum(d) / len(d) for alike, d in apart.items()})
