# expect: missing-zero-grad
# data: shared
# args: --data {data} --epochs 3
import argparse
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor


@dataclass
class Hyper:
    lr: float = 0.01
    momentum: float = 0.9
    batch: int = 50
    epochs: int = 3


class Trainer:
    def __init__(self, model, hyper, train_loader, test_loader):
        self.model, self.hyper = model, hyper
        self.train_loader, self.test_loader = train_loader, test_loader
        self.optimizer = torch.optim.SGD(model.parameters(), lr=hyper.lr, momentum=hyper.momentum)
        self.criterion = nn.CrossEntropyLoss()

    def train_epoch(self):
        self.model.train()
        self.optimizer.zero_grad()  # <- here
        total = 0.0
        for x, y in self.train_loader:
            loss = self.criterion(self.model(x), y)
            loss.backward()  # <- here
            self.optimizer.step()
            total += loss.item()
        return total / len(self.train_loader)

    @torch.no_grad()
    def test(self):
        self.model.eval()
        ok = sum((self.model(x).argmax(1) == y).sum().item() for x, y in self.test_loader)
        return ok / len(self.test_loader.dataset)

    def run(self):
        for epoch in range(self.hyper.epochs):
            loss = self.train_epoch()
            print(f'epoch {epoch + 1}/{self.hyper.epochs} loss {loss:.4f} test acc {self.test():.4f}')


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--data', default='./data')
    ap.add_argument('--epochs', type=int, default=10)
    args = ap.parse_args()
    torch.manual_seed(0)
    tf = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
    train = Subset(MNIST(args.data, train=True, transform=tf), range(3000))
    test = Subset(MNIST(args.data, train=False, transform=tf), range(1000))
    hyper = Hyper(epochs=args.epochs)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(3),
        nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 9, 10))
    Trainer(model, hyper, DataLoader(train, hyper.batch, shuffle=True), DataLoader(test, 250)).run()


if __name__ == '__main__':
    main()
