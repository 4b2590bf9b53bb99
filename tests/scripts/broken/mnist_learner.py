# expect: missing-backward
# data: shared
# args: {data}
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms


class Learner:
    """fit() and score() in the manner of scikit-learn."""

    def __init__(self, net, lr=1e-3, epochs=2, batch_size=64):
        self.net, self.epochs, self.batch_size = net, epochs, batch_size
        self.opt = torch.optim.RMSprop(net.parameters(), lr=lr)
        self.history = []

    def _batch_loss(self, batch):
        images, labels = batch
        return nn.functional.cross_entropy(self.net(images), labels)

    def fit(self, dataset):
        loader = DataLoader(dataset, self.batch_size, shuffle=True)
        self.net.train()
        for _ in range(self.epochs):
            total = 0.0
            for batch in loader:
                self.opt.zero_grad()
                loss = self._batch_loss(batch)
                self.opt.step()  # <- here
                total += loss.item()
            self.history.append(total / len(loader))
        return self

    @torch.no_grad()
    def score(self, dataset):
        self.net.eval()
        good = 0
        for images, labels in DataLoader(dataset, 500):
            good += (self.net(images).argmax(1) == labels).sum().item()
        return good / len(dataset)


torch.manual_seed(0)
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
train = Subset(datasets.MNIST(sys.argv[1], train=True, transform=tf), range(3000))
test = Subset(datasets.MNIST(sys.argv[1], train=False, transform=tf), range(1000))

lenet = nn.Sequential(
    nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(256, 84), nn.ReLU(), nn.Linear(84, 10))
learner = Learner(lenet).fit(train)
print('losses', [round(h, 3) for h in learner.history])
print('test accuracy', learner.score(test))
