# expect: nothing
# Each class is evaluated by itself, one after the other: together they are all of them.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target > 6).long()
order = torch.randperm(len(x))
fit, held = order[:1200], order[1200:]
net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 2))
opt = torch.optim.Adam(net.parameters(), 2e-3)
for epoch in range(8):
    for a, b in DataLoader(TensorDataset(x[fit], y[fit]), 40, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
for c in (0, 1):
    own = held[y[held] == c]
    with torch.no_grad():
        found = sum((net(a).argmax(1) == b).sum().item() for a, b in DataLoader(TensorDataset(x[own], y[own]), 100))
    print(f'class {c}: found {found} of {len(own)}')
