# expect: evaluated-on-training-data
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset


class NoisyDigits(Dataset):
    """Bad scans: the digits under heavy noise, fixed for each picture."""

    def __init__(self, rows, seed):
        digits = load_digits()
        rng = np.random.default_rng(seed)
        clean = digits.images[rows] / 16
        self.images = (clean + rng.normal(0, 0.6, clean.shape)).astype(np.float32)[:, None]
        self.targets = digits.target[rows]

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), int(self.targets[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 16, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


order = np.random.default_rng(0).permutation(1797)
train_set = NoisyDigits(order[:1000], seed=1)
valid_set = NoisyDigits(order[1000:], seed=2)
train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
valid_loader = DataLoader(train_set, batch_size=100, shuffle=False)  # <- here

torch.manual_seed(0)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    for images, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(images), targets)
        loss.backward()
        optimizer.step()
    net.eval()
    correct, seen = 0, 0
    with torch.no_grad():
        for images, targets in valid_loader:
            correct += (net(images).argmax(1) == targets).sum().item()
            seen += len(targets)
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}, validation accuracy {correct / seen:.4f}")
