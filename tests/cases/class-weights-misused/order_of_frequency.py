# expect: class-weights-misused
# also: accuracy-on-imbalanced-classes
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
centres = torch.randn(5, 8) * 1.1
sizes = [60, 500, 25, 240, 120]
x = torch.cat([torch.randn(n, 8) + c for n, c in zip(sizes, centres)])
y = torch.cat([torch.full((n,), i) for i, n in enumerate(sizes)])
order = torch.randperm(len(x))
train, test = order[:750], order[750:]
frequency = [n for _, n in Counter(y[train].tolist()).most_common()]
class_weights = torch.tensor([750 / (5 * n) for n in frequency])  # <- here
net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 5))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(4):
    net.train()
    for i in train[torch.randperm(len(train))].split(30):
        opt.zero_grad()
        F.cross_entropy(net(x[i]), y[i], weight=class_weights).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
