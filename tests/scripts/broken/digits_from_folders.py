# expect: unshuffled-training-data
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def read_class(c, digits):
    """All pictures of one class, as if from its own folder."""
    return digits.images[digits.target == c].astype(np.float32) / 16


def read_all():
    digits = load_digits()
    train_x, train_y, test_x, test_y = [], [], [], []
    for c in range(10):
        pictures = read_class(c, digits)
        train_x.append(pictures[:140])
        train_y += [c] * 140
        test_x.append(pictures[140:])
        test_y += [c] * (len(pictures) - 140)
    train_x, test_x = (torch.from_numpy(np.concatenate(p)).unsqueeze(1) for p in (train_x, test_x))
    return TensorDataset(train_x, torch.tensor(train_y)), TensorDataset(test_x, torch.tensor(test_y))


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.dense = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.dense(x.flatten(1))


torch.manual_seed(0)
train_set, test_set = read_all()
train_loader = DataLoader(train_set, batch_size=20)  # <- here
test_loader = DataLoader(test_set, batch_size=100)
model = Convolutional()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

for epoch in range(6):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (model(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: last loss {loss.item():.4f}  test accuracy {correct / len(test_set):.3f}")
