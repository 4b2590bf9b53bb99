# expect: metric-miscomputed
"""The number of test images is a constant from an earlier version of the split."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

TEST_IMAGES = 360


class Runner:
    def __init__(self, train, test):
        self.train_batches = DataLoader(train, batch_size=40, shuffle=True)
        self.test_batches = DataLoader(test, batch_size=128)
        self.net = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.loss = nn.CrossEntropyLoss()

    def epoch(self):
        for images, labels in self.train_batches:
            self.opt.zero_grad()
            self.loss(self.net(images), labels).backward()
            self.opt.step()

    @torch.no_grad()
    def accuracy(self):
        right = 0
        for images, labels in self.test_batches:
            right += (self.net(images).argmax(1) == labels).sum().item()
        return right / TEST_IMAGES * 100  # <- here


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
parts = random_split(TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y)), [1347, 450])
runner = Runner(*parts)
for number in range(1, 7):
    runner.epoch()
    print(f"epoch {number}/6, test accuracy: {runner.accuracy():.2f} %")
