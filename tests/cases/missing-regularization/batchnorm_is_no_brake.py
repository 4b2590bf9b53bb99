# expect: missing-regularization
# also: overfitting-capacity
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    """Two signals among thirty columns."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.x = torch.randn(n, 30, generator=g)
        score = self.x[:, 0] - self.x[:, 1] + 0.6 * torch.randn(n, generator=g)
        self.y = (score > -0.5).long() + (score > 0.5).long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Runner:
    def __init__(self, args):
        torch.manual_seed(args.seed)
        self.model = nn.Sequential(nn.Linear(30, 64), nn.BatchNorm1d(64), nn.ReLU(),
                                   nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(),
                                   nn.Linear(64, 3))
        self.opt = torch.optim.Adam(self.model.parameters(), lr=args.lr)  # <- here
        self.train = DataLoader(Noisy(256, 1), batch_size=32, shuffle=True)
        self.valid = DataLoader(Noisy(600, 2), batch_size=300)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            for x, y in self.train:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.model(x), y).backward()
                self.opt.step()
            if epoch % 6 == 0 or epoch == epochs - 1:
                print(epoch, self.evaluate())

    def evaluate(self):
        self.model.eval()
        with torch.no_grad():
            hits = torch.cat([self.model(x).argmax(1) == y for x, y in self.valid])
        return hits.float().mean().item()


parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--lr", type=float, default=2e-3)
parser.add_argument("--epochs", type=int, default=31)
args = parser.parse_args()
Runner(args).fit(args.epochs)
