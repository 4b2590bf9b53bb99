# expect: unsuitable-normalization
# The pictures are standardized when they are loaded, and the transform normalizes them again.
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

torch.manual_seed(0)
rng = np.random.default_rng(0)


def photos(n):
    labels = rng.integers(0, 6, n)
    base = rng.uniform(0.2, 0.8, (n, 3, 1, 1)) + 0.08 * rng.standard_normal((n, 3, 16, 16))
    for i, k in enumerate(labels):
        r, c = 4 * (k % 3) + 1, 8 * (k // 3) + 1
        base[i, :, r : r + 4, c : c + 4] += 0.05
    return base.clip(0, 1).astype(np.float32), labels


class Photos(Dataset):
    def __init__(self, n, transform):
        x, self.y = photos(n)
        mean = x.mean((0, 2, 3), keepdims=True)
        std = x.std((0, 2, 3), keepdims=True)
        self.x = torch.from_numpy((x - mean) / std)
        self.transform = transform

    def __getitem__(self, i):
        return self.transform(self.x[i]), int(self.y[i])

    def __len__(self):
        return len(self.y)


tf = T.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])  # <- here
train_loader = DataLoader(Photos(600, tf), batch_size=50, shuffle=True)
val_loader = DataLoader(Photos(200, tf), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 6)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        ok = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(f"epoch {epoch} validation accuracy {ok / 200:.2f}")
