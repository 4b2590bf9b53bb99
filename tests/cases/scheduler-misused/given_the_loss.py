# expect: scheduler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
plan = CosineAnnealingLR(opt, T_max=6)


def one_epoch():
    total = 0.0
    for part in torch.randperm(1400).split(50):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[part]), y[part])
        loss.backward()
        opt.step()
        total += loss.item()
    return total / 28


for epoch in range(6):
    mean_loss = one_epoch()
    plan.step(mean_loss)  # <- here
    with torch.no_grad():
        hits = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"{epoch}: loss {mean_loss:.3f}, held-out accuracy {hits:.3f}")
