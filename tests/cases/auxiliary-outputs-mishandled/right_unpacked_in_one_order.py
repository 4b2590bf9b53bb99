# expect: nothing
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 64), nn.ReLU())
        self.digit, self.parity = nn.Linear(64, 10), nn.Linear(64, 2)

    def forward(self, x):
        h = self.stem(x)
        return self.digit(h), self.parity(h)


d = load_digits()
order = torch.randperm(len(d.target))
X, Y = torch.tensor(d.images).float()[order, None] / 16, torch.tensor(d.target)[order]
net = TwoHeads()
opt = torch.optim.Adam(net.parameters(), 2e-3)
for ep in range(6):
    for b in torch.randperm(1400).split(50):
        opt.zero_grad()
        out, aux = net(X[b])
        loss = F.cross_entropy(out, Y[b]) + F.cross_entropy(aux, Y[b] % 2)
        loss.backward()
        opt.step()
    with torch.no_grad():
        out, aux = net(X[1400:])
        print(ep, loss.item(), (out.argmax(1) == Y[1400:]).float().mean().item())
