# expect: softmax-before-cross-entropy
# data: shared
# args: --root {data}
"""Planes, ships, frogs and deer: an easy part of CIFAR-10."""
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import CIFAR10

CLASSES = ["airplane", "deer", "frog", "ship"]


def load(root, train, n):
    ds = CIFAR10(root, train=train, download=True)
    wanted = [ds.class_to_idx[c] for c in CLASSES]
    targets = torch.tensor(ds.targets)
    keep = torch.isin(targets, torch.tensor(wanted)).nonzero().flatten()[:n]
    x = torch.from_numpy(ds.data)[keep].permute(0, 3, 1, 2).float() / 255
    y = torch.tensor([wanted.index(t) for t in targets[keep].tolist()])
    return TensorDataset((x - 0.47) / 0.25, y)


def network(n):
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 36, 64), nn.ReLU(),
        nn.Linear(64, n),
        nn.Softmax(dim=1),  # <- here
    )


def main():
    cli = argparse.ArgumentParser()
    cli.add_argument("--root", default="data")
    cli.add_argument("--epochs", type=int, default=6)
    args = cli.parse_args()
    torch.manual_seed(0)
    train = DataLoader(load(args.root, True, 2500), batch_size=50, shuffle=True)
    test = DataLoader(load(args.root, False, 1000), batch_size=250)
    net = network(len(CLASSES))
    criterion = nn.CrossEntropyLoss()
    sgd = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(args.epochs):
        net.train()
        total = 0
        for x, y in train:
            sgd.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            sgd.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            good = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
        print(f"{epoch:2d} loss {total / len(train):.4f} acc {good / len(test.dataset):.4f}")


main()
