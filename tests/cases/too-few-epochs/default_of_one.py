# expect: too-few-epochs
import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32),
                                    nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        return self.layers(x)


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        hits = [(model(x).argmax(1) == y) for x, y in loader]
    return torch.cat(hits).float().mean().item()


parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=2)
args = parser.parse_args()
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images / 16).float(), torch.tensor(labels))
train, test = random_split(data, [1400, 397])
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.8)
for epoch in range(args.epochs):  # <- here
    train_epoch(model, DataLoader(train, 32, shuffle=True), nn.CrossEntropyLoss(), optimizer)
    print(epoch, evaluate(model, DataLoader(test, 100)))
