# expect: target-encoding-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
criterion = nn.CosineEmbeddingLoss(margin=0.2)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(4):
    for rows in torch.randperm(1500).split(50):
        others = torch.where(torch.rand(len(rows)) < 0.5, rows.roll(1), rows[y[rows].argsort()])
        same = (y[rows] == y[others]).float()
        opt.zero_grad()
        loss = criterion(net(x[rows]), net(x[others]), same)  # <- here
        loss.backward()
        opt.step()
    with torch.no_grad():
        e = nn.functional.normalize(net(x), dim=1)
        nearest = (e[1500:] @ e[:1500].T).argmax(1)
        print(epoch, loss.item(), (y[nearest] == y[1500:]).float().mean().item())
