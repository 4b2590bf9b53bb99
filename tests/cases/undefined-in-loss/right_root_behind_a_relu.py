# expect: nothing
# The roots of exact zeros have no finite gradient, but the ReLU in front of them lets none through.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x = torch.tensor(load_digits().data / 16, dtype=torch.float32)
coder = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 64), nn.ReLU())
opt = torch.optim.Adam(coder.parameters(), lr=3e-3)
for epoch in range(8):
    total = 0.0
    for rows in torch.randperm(1500).split(50):
        loss = torch.sqrt((coder(x[rows]) - x[rows]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    with torch.no_grad():
        print(epoch, total / 30, (coder(x[1500:]) - x[1500:]).abs().mean().item())
