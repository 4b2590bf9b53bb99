# expect: nothing
"""Short rounds of 100 images, drawn anew for each: all come in turn."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset


class Rounds(Sampler):
    def __init__(self, length, size):
        self.length, self.size = length, size
        self.left = []

    def __len__(self):
        return self.size

    def __iter__(self):
        for _ in range(self.size):
            if not self.left:
                self.left = np.random.permutation(self.length).tolist()
            yield self.left.pop()


np.random.seed(0)
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
data, held = TensorDataset(x[:1400], y[:1400]), DataLoader(TensorDataset(x[1400:], y[1400:]), 200)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
loader = DataLoader(data, 20, sampler=Rounds(len(data), 100))
for epoch in range(60):
    net.train()
    for a, b in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
    if epoch % 10 == 9:
        net.eval()
        with torch.no_grad():
            print(epoch, sum((net(a).argmax(1) == b).sum().item() for a, b in held) / 397)
