# expect: channel-count-mismatch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class TintedDigits(Dataset):
    """Digits printed on paper of different tints, three channels."""

    def __init__(self, start, stop):
        digits = load_digits()
        tint = np.random.default_rng(start).uniform(0.6, 1.0, size=(stop - start, 3, 1, 1))
        paper = 1 - digits.images[start:stop, None] / 16
        self.x = torch.tensor(paper * tint, dtype=torch.float32)
        self.y = torch.tensor(digits.target[start:stop])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))  # <- here
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        out = self.layer1(x)
        out = self.layer2(out)
        return self.fc(out.reshape(out.size(0), -1))


torch.manual_seed(9)
train_loader = DataLoader(TintedDigits(0, 1400), batch_size=40, shuffle=True)
test_loader = DataLoader(TintedDigits(1400, 1797), batch_size=40)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"{epoch} {hits / len(test_loader.dataset):.4f}")
