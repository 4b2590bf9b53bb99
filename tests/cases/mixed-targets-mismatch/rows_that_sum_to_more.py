# expect: mixed-targets-mismatch
# Soft labels put together with one weight for both.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
bunch = load_digits()
x = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
y = F.one_hot(torch.tensor(bunch.target), 10).float()
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    for rows in torch.randperm(1400).split(50):
        lam = 0.5 + 0.5 * torch.rand(1).item()
        other = rows[torch.randperm(len(rows))]
        inputs = lam * x[rows] + (1 - lam) * x[other]
        targets = lam * y[rows] + lam * y[other]  # <- here
        loss = F.cross_entropy(net(inputs), targets)
        opt.zero_grad()
        loss.backward()
        opt.step()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:].argmax(1)).float().mean().item())
