# expect: metric-miscomputed
from collections import defaultdict

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split


class Meter:
    def __init__(self):
        self.values = defaultdict(float)

    def add(self, name, value):
        self.values[name] += value

    def __getitem__(self, name):
        return self.values[name]


def build():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 10))


def main():
    torch.manual_seed(0)
    d = load_digits()
    ds = TensorDataset(torch.tensor(d.images / 16).float()[:, None], torch.tensor(d.target))
    train_set, test_set = random_split(ds, [1400, 397])
    train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=50)
    net, criterion = build(), nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    meter = Meter()  # <- here
    for epoch in range(1, 5):
        net.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            for x, y in test_loader:
                meter.add('hits', (net(x).argmax(1) == y).sum().item())  # <- here
        print(f"epoch {epoch}  test accuracy {100 * meter['hits'] / len(test_set):.1f} %")  # <- here


main()
