# expect: nothing
import torch
import torchmetrics
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Session:
    def __init__(self, net):
        self.net = net
        self.opt = torch.optim.SGD(net.parameters(), lr=0.1)
        self.hits = torchmetrics.Accuracy(task="multiclass", num_classes=10)

    def learn(self, loader):
        self.net.train()
        for x, y in loader:
            self.opt.zero_grad()
            nn.functional.cross_entropy(self.net(x), y).backward()
            self.opt.step()

    @torch.no_grad()
    def check(self, loader):
        self.net.eval()
        self.hits.reset()
        for x, y in loader:
            self.hits.update(self.net(x), y)
        return self.hits.compute().item()


def show(**figures):
    print(" ".join(f"{name}={value:.4f}" for name, value in figures.items()))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
session = Session(nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10)))
train = DataLoader(TensorDataset(x[:1400], y[:1400]), 50, shuffle=True)
held_out = DataLoader(TensorDataset(x[1400:], y[1400:]), 100)
for epoch in range(6):
    session.learn(train)
    show(val_acc=session.check(held_out))
