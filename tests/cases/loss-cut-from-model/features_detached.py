# expect: loss-cut-from-model
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.classifier = nn.Linear(8, 10)

    def forward(self, x):
        feats = self.encoder(x)
        feats = feats.detach().view(x.size(0), -1)  # <- here
        return self.classifier(feats)


d = load_digits()
x, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
m = Model()
opt = torch.optim.Adam(m.parameters(), lr=5e-3)
for e in range(6):
    for b in torch.randperm(1400).split(50):
        opt.zero_grad()
        loss = F.cross_entropy(m(x[b]), y[b])
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(e, loss.item(), (m(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
