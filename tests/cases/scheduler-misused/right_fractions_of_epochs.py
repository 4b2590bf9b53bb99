# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
plan = CosineAnnealingWarmRestarts(opt, T_0=2)
for epoch in range(6):
    parts = torch.randperm(1400).split(50)
    for i, part in enumerate(parts):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        opt.step()
        plan.step(epoch + i / len(parts))
    with torch.no_grad():
        print(epoch, (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
