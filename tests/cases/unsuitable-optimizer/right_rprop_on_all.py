# expect: nothing
# Rprop as it is meant: the whole set at every step.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Rprop(net.parameters(), lr=0.01)
for epoch in range(60):
    opt.zero_grad()
    loss = nn.functional.cross_entropy(net(x[:1400]), y[:1400])
    loss.backward()
    opt.step()
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
