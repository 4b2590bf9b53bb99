# expect: nothing
# Two at a time, and a step after sixteen of them.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    loader = DataLoader(TensorDataset(x[:1408], y[:1408]), batch_size=2, shuffle=True)
    for i, (a, b) in enumerate(loader, 1):
        (nn.functional.cross_entropy(net(a), b) / 16).backward()
        if i % 16 == 0:
            opt.step()
            opt.zero_grad()
with torch.no_grad():
    print((net(x[1408:]).argmax(1) == y[1408:]).float().mean().item())
