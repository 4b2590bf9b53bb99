# expect: evaluating-in-train-mode
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)


class ClassFolders(Dataset):
    """Like ImageFolder: class after class."""

    def __init__(self, part):
        digits = load_digits()
        self.samples = []
        for c in range(10):
            rows = np.flatnonzero(digits.target == c)
            rows = rows[:130] if part == 'train' else rows[130:]
            self.samples += [(digits.images[r].astype(np.float32)[None] / 16, c) for r in rows]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.net(x)


train_loader = DataLoader(ClassFolders('train'), batch_size=50, shuffle=True)
test_loader = DataLoader(ClassFolders('test'), batch_size=20, shuffle=False)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(4):
    train_hits = 0
    for images, labels in train_loader:
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        train_hits += (outputs.argmax(1) == labels).sum().item()

    test_hits = 0
    with torch.no_grad():
        for images, labels in test_loader:
            outputs = model(images)  # <- here
            test_hits += (outputs.argmax(1) == labels).sum().item()
    print(f'epoch {epoch + 1}: train accuracy {train_hits / len(train_loader.dataset):.3f}, '
          f'test accuracy {test_hits / len(test_loader.dataset):.3f}')
