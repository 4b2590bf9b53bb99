# expect: misaligned-images-and-labels
# File names sorted as text (1, 10, 100, 2) beside labels in the order of their numbers.
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

bunch = load_digits()
STORE = {f"img_{i}.png": bunch.images[i] / 16 for i in range(len(bunch.images))}
LABELS = [int(t) for t in bunch.target]


class Folder(Dataset):
    def __init__(self, store, labels, part):
        self.names = sorted(store)[part]
        self.labels = labels[part]
        self.store = store

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        return torch.tensor(self.store[self.names[i]], dtype=torch.float32)[None], self.labels[i]


def run(epochs=4):
    torch.manual_seed(0)
    train = Folder(STORE, LABELS, slice(0, 1400))  # <- here
    test = Folder(STORE, LABELS, slice(1400, None))
    net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
    opt = torch.optim.Adam(net.parameters(), lr=0.005)
    for epoch in range(epochs):
        net.train()
        for x, y in DataLoader(train, batch_size=50, shuffle=True):
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
        print("epoch", epoch, "accuracy", right / len(test))


run()
