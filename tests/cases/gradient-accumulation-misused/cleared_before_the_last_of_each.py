# expect: gradient-accumulation-misused
# also: zero-grad-before-step
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Accumulating:
    """Clears and steps only at every fourth batch, as a library for several devices does."""

    def __init__(self, optimizer, every=4):
        self.optimizer, self.every, self.seen = optimizer, every, 0

    def next_batch(self):
        self.seen += 1

    @property
    def due(self):
        return self.seen % self.every == 0

    def zero_grad(self):
        if self.due:
            self.optimizer.zero_grad()  # <- here

    def step(self):
        if self.due:
            self.optimizer.step()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), 10, shuffle=True)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = Accumulating(torch.optim.SGD(net.parameters(), lr=0.1))
for epoch in range(3):
    for images, labels in loader:
        opt.next_batch()
        opt.zero_grad()  # <- here
        loss = nn.functional.cross_entropy(net(images), labels) / 4
        loss.backward()
        opt.step()
    with torch.no_grad():
        right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(epoch, "accuracy", right)
