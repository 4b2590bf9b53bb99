# expect: train-test-distribution-shift
# The files come sorted by class, and the last fifth becomes the test set.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

torch.manual_seed(0)


class SortedDigits(Dataset):
    def __init__(self):
        bunch = load_digits()
        order = bunch.target.argsort(kind="stable")
        self.images = torch.tensor(bunch.images[order] / 16, dtype=torch.float32).unsqueeze(1)
        self.targets = torch.tensor(bunch.target[order])

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.images[i], self.targets[i]


dataset = SortedDigits()
cut = int(0.8 * len(dataset))
train_set = Subset(dataset, range(cut))
test_set = Subset(dataset, range(cut, len(dataset)))  # <- here
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=64)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(12 * 36, 10)

    def forward(self, x):
        return self.head(self.body(x))


def accuracy(net, loader):
    net.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (net(x).argmax(1) == y).sum().item()
    return right / len(loader.dataset)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    print(epoch, "test accuracy", accuracy(net, test_loader))
