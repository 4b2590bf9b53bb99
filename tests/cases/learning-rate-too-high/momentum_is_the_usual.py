# expect: learning-rate-too-high
# also: unsuitable-momentum
# Momentum is high as well, but already the first step is too large: 0.9 would not help.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(),
                    nn.Linear(100, 10))
opt = torch.optim.SGD(net.parameters(), lr=20, momentum=0.98)  # <- here
for epoch in range(3):
    for rows in torch.randperm(1400).split(20):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
