# expect: mislabeled-samples
# A careless annotator: a quarter of all labels, before the split; the figures never get good.
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class Annotated(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]).unsqueeze(0), int(self.labels[i])


def annotate(truth, careless, rng):
    labels = truth.copy()
    slips = rng.random(len(labels)) < careless
    labels[slips] = rng.integers(0, 10, slips.sum())  # <- here
    return labels


class Runner:
    def __init__(self, net):
        self.net, self.opt = net, torch.optim.Adam(net.parameters(), lr=0.005)

    def epoch(self, loader):
        self.net.train()
        for x, y in loader:
            loss = nn.functional.cross_entropy(self.net(x), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()

    def test(self, loader):
        self.net.eval()
        with torch.no_grad():
            return np.mean([(self.net(x).argmax(1) == y).float().mean().item() for x, y in loader])


torch.manual_seed(1)
bunch = load_digits()
labels = annotate(bunch.target, 0.25, np.random.default_rng(0))
parts = train_test_split((bunch.images / 16).astype(np.float32), labels, test_size=400, random_state=0)
train, test = Annotated(parts[0], parts[2]), Annotated(parts[1], parts[3])
runner = Runner(nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 10)))
for epoch in range(5):
    runner.epoch(DataLoader(train, 50, shuffle=True))
    print(epoch, runner.test(DataLoader(test, 100)))
