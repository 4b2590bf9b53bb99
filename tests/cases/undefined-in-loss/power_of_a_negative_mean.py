# expect: undefined-in-loss
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None], torch.tensor(digits.target)


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.tensor(3.0))

    def forward(self, x):
        return (x**self.p).mean((2, 3)) ** (1 / self.p)  # <- here


net = nn.Sequential(nn.Conv2d(1, 24, 3), nn.BatchNorm2d(24), Pool(), nn.Linear(24, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(3):
    for rows in torch.randperm(1500).split(50):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    print(epoch, loss.item(), (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
