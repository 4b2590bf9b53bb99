# expect: channel-count-mismatch
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


def photos(rng):
    """Stands in for cv2.imread: (N, 16, 16, 3), unsigned bytes."""
    gray = np.kron(load_digits().images, np.ones((2, 2)))[..., None] / 16
    light = rng.uniform(0.5, 1.0, size=(len(gray), 1, 1, 3))
    return (255 * gray * light).astype(np.uint8), load_digits().target


class PhotoNet(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(32 * 4 * 4, n_classes)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc(x.flatten(1))


torch.manual_seed(0)
pixels, target = photos(np.random.default_rng(0))
inputs = torch.from_numpy(pixels).float() / 255  # <- here
dataset = TensorDataset(inputs, torch.from_numpy(target))
train_set, test_set = random_split(dataset, [1400, 397])
train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)

model = PhotoNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print("epoch", epoch, "accuracy", right / len(test_set))
