# expect: transform-never-applied
# A dictionary goes through the transforms of a list, and one of them forgets what it made.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class RandomShift:
    def __init__(self, by=2):
        self.by = by

    def _move(self, item, dy, dx):
        return {**item, "image": np.roll(item["image"], (dy, dx), (0, 1))}

    def __call__(self, item):
        dy, dx = np.random.randint(-self.by, self.by + 1, 2)
        self._move(item, int(dy), int(dx))  # <- here
        return item


class ToTensor:
    def __call__(self, item):
        image = np.ascontiguousarray(item["image"], dtype=np.float32)
        return {"image": torch.from_numpy(image)[None], "label": item["label"]}


class Scans(Dataset):
    def __init__(self, rows, transforms):
        digits = load_digits()
        self.items = [
            {"image": i / 16, "label": int(t)}
            for i, t in zip(digits.images[rows], digits.target[rows], strict=True)
        ]
        self.transforms = transforms

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        item = self.items[index]
        for transform in self.transforms:
            item = transform(item)
        return item


torch.manual_seed(0)
np.random.seed(0)
train = DataLoader(Scans(slice(0, 40), [RandomShift(), ToTensor()]), batch_size=8, shuffle=True)
test = DataLoader(Scans(slice(1000, 1400), [ToTensor()]), batch_size=200)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(20):
    net.train()
    for batch in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(batch["image"]), batch["label"]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(b["image"]).argmax(1) == b["label"]).sum().item() for b in test)
    print(f"epoch {epoch} test accuracy {right / 400:.3f}")
