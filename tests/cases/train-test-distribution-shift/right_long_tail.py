# expect: nothing
# Training has many of some classes and few of others; the test set is balanced.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
bunch = load_digits()
x = torch.tensor(bunch.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(bunch.target)
train_rows, test_rows = [], []
for k in range(10):
    rows = (y == k).nonzero().flatten()
    rows = rows[torch.randperm(len(rows))]
    test_rows.append(rows[:40])
    train_rows.append(rows[40 : 40 + (130 if k % 2 else 60)])
train_rows, test_rows = torch.cat(train_rows), torch.cat(test_rows)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    net.train()
    for rows in train_rows[torch.randperm(len(train_rows))].split(32):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[test_rows]).argmax(1) == y[test_rows]).float().mean().item())
