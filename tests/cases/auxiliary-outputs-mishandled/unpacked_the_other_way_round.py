# expect: auxiliary-outputs-mishandled
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)


class AuxNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU())
        self.aux = nn.Linear(16, 10)
        self.main = nn.Sequential(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))

    def forward(self, x):
        h = self.stem(x)
        return self.main(h), self.aux(h.mean((2, 3)))


d = load_digits()
X, Y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
net = AuxNet()
opt = torch.optim.Adam(net.parameters(), 2e-3)
for ep in range(4):
    for b in torch.randperm(1400).split(50):
        opt.zero_grad()
        out, aux = net(X[b])
        loss = F.cross_entropy(out, Y[b]) + 0.3 * F.cross_entropy(aux, Y[b])
        loss.backward()
        opt.step()
    with torch.no_grad():
        aux, out = net(X[1400:])  # <- here
        print(ep, loss.item(), (out.argmax(1) == Y[1400:]).float().mean().item())
