# expect: missing-backward
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def fit(model, loader, optimizer, criterion, epochs):
    for epoch in range(epochs):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward  # <- here
            optimizer.step()


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1500, 297])
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
fit(model, DataLoader(train, batch_size=50, shuffle=True), optimizer, nn.CrossEntropyLoss(), 3)
print("test accuracy", evaluate(model, DataLoader(test, batch_size=99)))
