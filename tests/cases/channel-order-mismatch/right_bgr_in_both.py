# expect: nothing
# Blue first in both parts.
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)
tints = np.array([(0.9, 0.2, 0.1), (0.9, 0.7, 0.1), (0.6, 0.3, 0.4)])


def read(count):
    kind = rng.integers(0, 3, count)
    rgb = tints[kind][:, None, None] + 0.1 * rng.standard_normal((count, 10, 10, 3))
    bgr = rgb.clip(0, 1)[..., ::-1].copy()
    return TensorDataset(torch.from_numpy(bgr).float().permute(0, 3, 1, 2), torch.from_numpy(kind))


net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(512, 3))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
train, test = read(500), read(200)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train, 50, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print(sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100)) / 200)
