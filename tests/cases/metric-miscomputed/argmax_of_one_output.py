# expect: metric-miscomputed
import argparse

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

cli = argparse.ArgumentParser()
cli.add_argument('--lr', default=0.01, type=float)
cli.add_argument('--epochs', default=5, type=int)
cfg = cli.parse_args()
torch.manual_seed(1)
np.random.seed(1)
images, digit = load_digits(return_X_y=True)
perm = np.random.permutation(len(images))
images = torch.from_numpy(images[perm] / 16.0).float()
odd = torch.from_numpy(digit[perm] % 2)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
bce = nn.BCELoss()
opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)


def batches(start, stop, size, mixed):
    part = torch.utils.data.TensorDataset(images[start:stop], odd[start:stop])
    return torch.utils.data.DataLoader(part, size, shuffle=mixed)


training, testing = batches(0, 1300, 50, True), batches(1300, 1797, 71, False)
for epoch in range(cfg.epochs):
    net.train()
    for x, y in training:
        opt.zero_grad()
        loss = bce(net(x), y.float().unsqueeze(1))
        loss.backward()
        opt.step()
    net.eval()
    hits = n = 0
    with torch.no_grad():
        for x, y in testing:
            _, predicted = torch.max(net(x), 1)
            hits += predicted.eq(y).sum().item()
            n += len(y)
    print('test accuracy {:.2f}%'.format(100.0 * hits / n))  # <- here
