# expect: nothing
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import functional as TF


class Bars(Dataset):
    def __init__(self, n, seed, training):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.zeros(n, 1, 16, 16)
        for k, (r, c) in enumerate(torch.randint(0, 10, (n, 2), generator=g).tolist()):
            self.y[k, 0, r : r + 6, c : c + 3] = 1
        self.x = self.y + 0.3 * torch.randn(self.y.shape, generator=g)
        self.training = training

    def __len__(self):
        return len(self.x)

    def __getitem__(self, k):
        picture, truth = self.x[k], self.y[k]
        if self.training:
            if random.random() > 0.5:
                picture, truth = TF.hflip(picture), TF.hflip(truth)
        return picture, truth


random.seed(0)
torch.manual_seed(0)
train = DataLoader(Bars(400, 1, True), batch_size=20, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
criterion = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for x, y in train:
        opt.zero_grad()
        criterion(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        x, y = next(iter(DataLoader(Bars(100, 2, False), 100)))
        p, t = net(x) > 0, y > 0.5
        print(epoch, "overlap", ((p & t).sum() / (p | t).sum()).item())
