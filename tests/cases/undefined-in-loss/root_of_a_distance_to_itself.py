# expect: undefined-in-loss
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)


def triplet(e, labels, margin=0.5):
    squares = ((e[:, None] - e[None]) ** 2).sum(-1)
    d = squares.sqrt()  # <- here
    same = labels[:, None] == labels[None]
    return torch.relu((d * same).amax(1) - (d + 1e4 * same).amin(1) + margin).mean()


for epoch in range(3):
    for rows in torch.randperm(1500).split(50):
        opt.zero_grad()
        loss = triplet(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    with torch.no_grad():
        nearest = torch.cdist(net(x[1500:]), net(x[:1500])).argmin(1)
        print(epoch, loss.item(), (y[nearest] == y[1500:]).float().mean().item())
