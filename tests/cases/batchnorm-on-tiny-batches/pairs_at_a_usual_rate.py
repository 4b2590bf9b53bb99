# expect: batchnorm-on-tiny-batches
"""Batches of two, left over from a larger model, at the rate of the paper."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def conv_bn(i, o, stride=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class Trainer:
    def __init__(self, net, rate):
        self.net = net
        self.optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, nesterov=True)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader, epochs):
        for _ in range(epochs):
            self.net.train()
            for batch in loader:
                self.step(*batch)

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.criterion(self.net(x), y)
        loss.backward()
        self.optimizer.step()

    @torch.no_grad()
    def test(self, x, y):
        self.net.eval()
        return (self.net(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(digits.target)
train = TensorDataset(x[:1400], y[:1400])
loader = DataLoader(train, batch_size=2, shuffle=True)  # <- here
net = nn.Sequential(
    conv_bn(1, 16), conv_bn(16, 32, 2), conv_bn(32, 32), nn.Flatten(), nn.Linear(512, 10)
)
trainer = Trainer(net, 0.1)
trainer.fit(loader, 1)
print("test accuracy", trainer.test(x[1400:], y[1400:]))
