# expect: nothing
# A quarter of the data in each batch, and a rate to go with it.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=350, shuffle=True)
net = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(8):
    net.train()
    for a, b in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
