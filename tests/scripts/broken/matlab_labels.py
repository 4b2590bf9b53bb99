# expect: labels-out-of-range
"""The course's data set came as .mat file, where the digit 0 is stored as class 10."""
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from scipy.io import loadmat, savemat
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

NUM_CLASSES = 10


def make_mat(path):
    d = load_digits()
    labels = np.where(d.target == 0, 10, d.target)
    order = np.random.default_rng(3).permutation(len(labels))
    savemat(path, {"X": d.data[order], "y": labels[order].reshape(-1, 1)})


def read_mat(path):
    mat = loadmat(path)
    X = torch.tensor(mat["X"], dtype=torch.float32).view(-1, 1, 8, 8) / 16
    y = torch.tensor(mat["y"].astype(np.int64)).squeeze(1)  # <- here
    return X, y


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 24, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.hidden = nn.Linear(24 * 16, 48)
        self.out = nn.Linear(48, NUM_CLASSES)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        x = torch.relu(self.hidden(x.flatten(1)))
        return self.out(x)


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.mat"
    make_mat(path)
    X, y = read_mat(path)

torch.manual_seed(0)
train_loader = DataLoader(TensorDataset(X[:1400], y[:1400]), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(X[1400:], y[1400:]), batch_size=64)
model = Classifier()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(5):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(data), target)  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            correct += (model(data).argmax(1) == target).sum().item()
    print("epoch", epoch, "correct", correct, "of", len(test_loader.dataset))
