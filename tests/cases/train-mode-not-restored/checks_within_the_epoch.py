# expect: train-mode-not-restored
# Training mode comes back with each epoch, but the evaluations are in the middle of it.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Runner:
    def __init__(self, net, every):
        self.net, self.every, self.steps = net, every, 0
        self.optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

    def train_epoch(self, loader, held_out):
        self.net.train()
        for x, y in loader:
            loss = nn.functional.cross_entropy(self.net(x), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.steps += 1
            if self.steps % self.every == 0:
                print(self.steps, self.validate(held_out))

    @torch.no_grad()
    def validate(self, loader):
        self.net.eval()  # <- here
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in loader) / 397


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
train_set, val_set = random_split(TensorDataset(x, torch.tensor(y)), [1400, 397])
runner = Runner(
    nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Dropout(),
        nn.Linear(576, 10),
    ),
    every=15,
)
for epoch in range(3):
    runner.train_epoch(DataLoader(train_set, 32, shuffle=True), DataLoader(val_set, 100))
