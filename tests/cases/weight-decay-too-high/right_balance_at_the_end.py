# expect: nothing
# Trained to the end: the gradient has become small, and the pull of 5e-3 balances it.
import torch
from torch import nn

torch.manual_seed(0)
centers = torch.randn(5, 16) * 2
y = torch.arange(600) % 5
x = centers[y] + torch.randn(600, 16)
held = torch.arange(600) >= 450
model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 5))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-3)
for epoch in range(40):
    for rows in torch.randperm(450).split(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print((model(x[held]).argmax(1) == y[held]).float().mean().item())
