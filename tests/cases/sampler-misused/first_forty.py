# expect: sampler-misused
"""A cut that was meant for trying things out has stayed in."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset


class Experiment:
    def __init__(self):
        images, targets = load_digits(return_X_y=True)
        images = torch.tensor(images, dtype=torch.float32).div(16).view(-1, 1, 8, 8)
        targets = torch.tensor(targets)
        self.train = TensorDataset(images[:1500], targets[:1500])
        self.held = TensorDataset(images[1500:], targets[1500:])
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12 * 36, 10)
        )
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3)

    def loaders(self, size):
        chosen = SubsetRandomSampler(torch.arange(40))  # <- here
        return (
            DataLoader(self.train, batch_size=size, sampler=chosen, drop_last=True),
            DataLoader(self.held, batch_size=100),
        )

    def run(self, epochs):
        batches, held = self.loaders(32)
        for epoch in range(epochs):
            self.net.train()
            for x, y in batches:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.net(x), y).backward()
                self.opt.step()
            self.net.eval()
            with torch.no_grad():
                hits = sum((self.net(x).argmax(1) == y).sum().item() for x, y in held)
            print(f"{epoch}: {hits / len(self.held):.3f} of the held-out digits")


torch.manual_seed(0)
Experiment().run(12)
