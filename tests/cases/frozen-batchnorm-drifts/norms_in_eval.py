# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(8)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU())
        self.head = nn.Linear(128, 10)
        self.frozen = False

    def freeze(self):
        self.frozen = True
        for p in self.body.parameters():
            p.requires_grad = False

    def train(self, mode=True):
        super().train(mode)
        if self.frozen:
            self.body.eval()
        return self

    def forward(self, x):
        return self.head(self.body(x))


def epoch_of(net, x, y, opt):
    net.train()
    for take in torch.randperm(len(x)).split(64):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[take]), y[take]).backward()
        opt.step()


@torch.inference_mode()
def accuracy(net, x, y):
    net.eval()
    return (net(x).argmax(1) == y).float().mean().item()


x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = Net()
opt = optim.Adam(net.parameters(), 2e-3)
for _ in range(5):
    epoch_of(net, x[:900], y[:900], opt)
print('first', accuracy(net, x[1400:], y[1400:]))
net.freeze()
opt = optim.Adam(net.head.parameters(), 2e-3)
for _ in range(4):
    epoch_of(net, x[900:1400], y[900:1400], opt)
print('second', accuracy(net, x[1400:], y[1400:]))
