# expect: nothing
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import functional as TF


class Stars(Dataset):
    """Width and light of a star, which always stands on the left, as the tail of the comet says."""

    def __init__(self, n, seed, augment):
        g = torch.Generator().manual_seed(seed)
        self.where = torch.rand(n, 2, generator=g) + 0.3
        line = torch.linspace(-1, 1, 16)
        dx = line[None, None, :] + 0.5
        dy = line[None, :, None]
        self.x = self.where[:, 1, None, None] * torch.exp(-8 * (dx**2 + dy**2) / self.where[:, 0, None, None]) + 0.05 * torch.randn(n, 16, 16, generator=g)
        self.augment = augment

    def __len__(self):
        return len(self.x)

    def __getitem__(self, k):
        sky = self.x[k][None]
        if self.augment:
            if random.random() < 0.5:
                sky = TF.hflip(sky)
            sky = sky * random.uniform(0.7, 1.3)
        return sky, self.where[k]


random.seed(0)
torch.manual_seed(0)
train = DataLoader(Stars(600, 1, True), batch_size=30, shuffle=True)
held_out = DataLoader(Stars(200, 2, False), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(392, 32), nn.ReLU(), nn.Linear(32, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(5):
    net.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        gaps = torch.cat([(net(x) - y).norm(dim=1) for x, y in held_out])
    print(epoch, "error", round(gaps.mean().item(), 3))
