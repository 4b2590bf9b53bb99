# expect: frozen-batchnorm-drifts
# A frozen extractor serves a second camera with more contrast; its first task is checked again afterwards.
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
bunch = load_digits()
day = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
night = 2 * day - 1.5
labels = torch.tensor(bunch.target)

extractor = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(24, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
)
day_head, night_head = nn.Linear(128, 10), nn.Linear(128, 10)


def loaders(images):
    first, second = slice(0, 1300), slice(1300, None)
    train = TensorDataset(images[first], labels[first])
    test = TensorDataset(images[second], labels[second])
    return DataLoader(train, 50, shuffle=True), DataLoader(test, 200)


def train(network, loader, parameters, epochs=3):
    criterion, optimizer = nn.CrossEntropyLoss(), optim.Adam(parameters, lr=2e-3)
    for _ in range(epochs):
        network.train()  # <- here
        for images, targets in loader:
            optimizer.zero_grad()
            loss = criterion(network(images), targets)
            loss.backward()
            optimizer.step()


def evaluate(network, loader):
    network.eval()
    right = 0
    with torch.no_grad():
        for images, targets in loader:
            right += (network(images).argmax(dim=1) == targets).sum().item()
    return right / len(loader.dataset)


day_train, day_test = loaders(day)
night_train, night_test = loaders(night)
by_day, by_night = nn.Sequential(extractor, day_head), nn.Sequential(extractor, night_head)
train(by_day, day_train, by_day.parameters())
print("day", evaluate(by_day, day_test))
for weight in extractor.parameters():
    weight.requires_grad = False
train(by_night, night_train, night_head.parameters())
print("night", evaluate(by_night, night_test))
print("day again", evaluate(by_day, day_test))
