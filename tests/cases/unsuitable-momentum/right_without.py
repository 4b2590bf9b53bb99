# expect: nothing
# Plain SGD at 0.2: no momentum, and nothing missing.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.2)
for epoch in range(6):
    for rows in torch.randperm(1400).split(20):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
