# expect: batchnorm-statistics-stale
import argparse

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

parser = argparse.ArgumentParser()
parser.add_argument('--bn-momentum', type=float, default=0.0)
parser.add_argument('--lr', type=float, default=0.05)
parser.add_argument('--epochs', type=int, default=5)
opt = parser.parse_args()


def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def set_momentum(net, value):
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = value  # <- here


def main():
    torch.manual_seed(2)
    rng = np.random.RandomState(2)
    data = load_digits()
    order = rng.permutation(len(data.data))
    inputs = torch.from_numpy((data.data / 8.0).astype('float32'))[order]
    targets = torch.from_numpy(data.target)[order]
    net = mlp([64, 96, 96, 10])
    set_momentum(net, opt.bn_momentum)
    sgd = torch.optim.SGD(net.parameters(), lr=opt.lr, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(opt.epochs):
        net.train()
        perm = torch.randperm(1400)
        for k in range(0, 1400, 56):
            take = perm[k:k + 56]
            loss = criterion(net(inputs[take]), targets[take])
            sgd.zero_grad()
            loss.backward()
            sgd.step()
        net.eval()
        with torch.no_grad():
            predicted = net(inputs[1400:]).argmax(1)
        print(epoch, 'val acc', (predicted == targets[1400:]).float().mean().item())


main()
