# expect: parameters-missing-from-optimizer
import itertools

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Encoder(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.proj = nn.Linear(128, dim)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return torch.tanh(self.proj(x.flatten(1)))


class Classifier(nn.Module):
    def __init__(self, dim=24, hidden=32, n_classes=10):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, n_classes)

    def forward(self, z):
        return self.fc2(F.relu(self.fc1(z)))


torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
y = torch.tensor(y)
shuffled = torch.randperm(len(x))
train_idx, test_idx = shuffled[:1400], shuffled[1400:]
train_loader = DataLoader(TensorDataset(x[train_idx], y[train_idx]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(x[test_idx], y[test_idx]), batch_size=397)

encoder, classifier = Encoder(), Classifier()
optimizer = torch.optim.SGD(classifier.parameters(), lr=0.02, momentum=0.9)  # <- here

for epoch in range(10):
    encoder.train()
    classifier.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(classifier(encoder(data)), target)
        loss.backward()
        optimizer.step()

    encoder.eval()
    classifier.eval()
    with torch.no_grad():
        accs = [(classifier(encoder(data)).argmax(1) == target).float().mean().item()
                for data, target in test_loader]
    print(f"epoch {epoch + 1} loss {loss.item():.4f} test accuracy {accs[0]:.4f}")
