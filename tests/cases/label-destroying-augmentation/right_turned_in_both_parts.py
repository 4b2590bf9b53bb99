# expect: nothing
# Digits that lie in any direction, in the test as well: what is to be learned.
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, begin, end):
        bunch = load_digits()
        self.rng = np.random.default_rng(0)
        self.images, self.labels = bunch.images[begin:end], bunch.target[begin:end]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = np.rot90(self.images[i], self.rng.integers(0, 4)).copy()
        return {"image": torch.tensor(image / 16, dtype=torch.float32)[None],
                "label": int(self.labels[i])}


class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)

    def step(self, batch):
        images, labels = batch["image"], batch["label"]
        self.optimizer.zero_grad()
        F.cross_entropy(self.net(images), labels).backward()
        self.optimizer.step()

    @torch.no_grad()
    def score(self, loader):
        self.net.eval()
        hits = 0
        for batch in loader:
            images = batch["image"]
            hits += (self.net(images).argmax(1) == batch["label"]).sum().item()
        return hits / len(loader.dataset)

    def fit(self, train, test, epochs):
        for epoch in range(epochs):
            self.net.train()
            for batch in train:
                self.step(batch)
            print(epoch, self.score(test))


if __name__ == "__main__":
    torch.manual_seed(2)
    Trainer().fit(DataLoader(Digits(0, 1400), 64, shuffle=True), DataLoader(Digits(1400, None), 100), 4)
