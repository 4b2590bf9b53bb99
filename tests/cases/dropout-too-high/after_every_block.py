# expect: dropout-too-high
"""Half of everything, five times over."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def block(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(), nn.Dropout(0.6))  # <- here


class Trainer:
    def __init__(self, net, train_loader, val_loader):
        self.net, self.train_loader, self.val_loader = net, train_loader, val_loader
        self.optim = torch.optim.Adam(net.parameters(), lr=1e-3)

    def train_epoch(self):
        self.net.train()
        for x, y in self.train_loader:
            self.optim.zero_grad()
            nn.functional.cross_entropy(self.net(x), y).backward()
            self.optim.step()

    @torch.no_grad()
    def validate(self):
        self.net.eval()
        hits = [(self.net(x).argmax(1) == y).sum().item() for x, y in self.val_loader]
        return sum(hits) / len(self.val_loader.dataset)


torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
net = nn.Sequential(block(1, 8), block(8, 8), nn.MaxPool2d(2), block(8, 16), block(16, 16),
                    nn.Flatten(), nn.Linear(256, 10))
trainer = Trainer(net, DataLoader(TensorDataset(x[:1400], y[:1400]), 50, shuffle=True),
                  DataLoader(TensorDataset(x[1400:], y[1400:]), 200))
for epoch in range(5):
    trainer.train_epoch()
    print(epoch, f'val acc {trainer.validate():.3f}')
