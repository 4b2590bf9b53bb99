# expect: nothing
# Small arrows on busy pictures: what is behind them fills most of each image.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

CLASSES = ["ahead", "left", "right", "stop"]


def sign(kind):
    plate = torch.zeros(7, 7)
    if kind == "stop":
        plate[1:6, 1:6] = 1.0
        plate[2:5, 2:5] = 0.0
        return plate
    plate[3, 1:6] = 1.0
    plate[2, 2] = plate[4, 2] = plate[1, 3] = plate[5, 3] = 1.0
    return torch.rot90(plate, {"left": 0, "ahead": 3, "right": 2}[kind])


class Street(Dataset):
    def __init__(self, rows, transform, classes=CLASSES):
        rng = np.random.RandomState(rows.start)
        behind = load_digits().images[rows] / 16
        self.classes, self.transform = classes, transform
        self.targets = rng.randint(0, 4, len(behind))
        self.pictures = torch.tensor(np.kron(behind, np.ones((2, 2))) * 0.5, dtype=torch.float32)
        for picture, kind in zip(self.pictures, self.targets):
            top, left = rng.randint(0, 9, 2)
            picture[top : top + 7, left : left + 7] = sign(classes[kind])

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, n):
        return self.transform(self.pictures[n][None]), int(self.targets[n])


torch.manual_seed(3)
normalize = transforms.Normalize([0.25], [0.3])
varied = transforms.Compose([
    transforms.RandomCrop(16, padding=1),
    normalize,
])
train_loader = DataLoader(Street(slice(0, 1200), varied), batch_size=30, shuffle=True)
test_loader = DataLoader(Street(slice(1200, 1797), normalize), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 24, 3), nn.BatchNorm2d(24), nn.ReLU(),
    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(24, 4),
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in test_loader:
            right += (model(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: accuracy {right / 597:.3f}")
