# expect: missing-backward
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, net, lr):
        self.net, self.opt = net, torch.optim.Adam(net.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.net.train()
            seen = 0.0
            for x, y in loader:
                self.opt.zero_grad()
                cost = self.criterion(self.net(x), y)
                seen += cost.item()
            cost.backward()  # <- here
            self.opt.step()  # <- here
            print(epoch, seen / len(loader))

    @torch.no_grad()
    def score(self, loader):
        self.net.eval()
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in loader) / 397


torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
trainer = Trainer(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), 3e-3)
trainer.fit(DataLoader(TensorDataset(x[:1400], y[:1400]), 50, shuffle=True), 10)
print("held out", trainer.score(DataLoader(TensorDataset(x[1400:], y[1400:]), 100)))
