# expect: broadcast-loss
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(600, 8)
y = (x[:, 0] + x[:, 1] > 0).float()
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def loss_fn(out, target):
    return ((target - out) ** 2).mean()  # <- here


for epoch in range(6):
    model.train()
    for start in range(0, 500, 50):
        optimizer.zero_grad()
        out = model(x[start : start + 50])
        loss = loss_fn(out, y[start : start + 50])
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model(x[500:]) > 0.5).float().squeeze(1) == y[500:]).float().mean().item())
