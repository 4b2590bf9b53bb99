# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
# How likely each of five people took a picture for a nought: never beyond 0.4, by intent.
likely = 0.4 * (y == 0).float() + 0.002 * torch.rand(len(y))
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 1), nn.Flatten(0))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(8):
    net.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        loss = criterion(net(x[rows]), likely[rows])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        off = (net(x[1400:]).sigmoid() - likely[1400:]).abs().mean().item()
    print(epoch, f"loss {loss.item():.4f}, off by {off:.4f} on average")
