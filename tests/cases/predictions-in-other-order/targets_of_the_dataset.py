# expect: predictions-in-other-order
import argparse

import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, f1_score
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, rows):
        data, target = load_digits(return_X_y=True)
        self.data = torch.as_tensor(data[rows], dtype=torch.float32).div(16)
        self.targets = target[rows].tolist()

    def __getitem__(self, i):
        return self.data[i], self.targets[i]

    def __len__(self):
        return len(self.targets)


def make_loader(dataset, args):
    return DataLoader(dataset, batch_size=args.batch, shuffle=True)  # <- here


def fit(model, loader, args):
    opt = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    for _ in range(args.epochs):
        model.train()
        for x, y in loader:
            opt.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            opt.step()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()
    torch.manual_seed(9)
    train, test = Digits(slice(0, 1297)), Digits(slice(1297, 1797))
    model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    fit(model, make_loader(train, args), args)
    model.eval()
    predictions = []
    with torch.inference_mode():
        for x, _ in make_loader(test, args):
            predictions += model(x).argmax(1).tolist()
    print("accuracy", accuracy_score(test.targets, predictions))
    print("macro F1", f1_score(test.targets, predictions, average="macro"))
