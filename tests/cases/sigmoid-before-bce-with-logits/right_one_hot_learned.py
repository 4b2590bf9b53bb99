# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(5)
X, t = load_digits(return_X_y=True)
X, t = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(t)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = optim.Adam(net.parameters(), lr=0.01)
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(6):
    net.train()
    for b in torch.randperm(1400).split(64):
        opt.zero_grad()
        loss_fn(net(X[b]), nn.functional.one_hot(t[b], 10).float()).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(X[1400:]).argmax(1) == t[1400:]).float().mean().item())
