# expect: pixels-scrambled-by-reshape
# The batches come with the channels last; forward views them as channels first.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
bunch = load_digits()
grey = torch.tensor(bunch.images / 16, dtype=torch.float32)[:, None]
large = F.interpolate(grey, size=(20, 20), mode="bilinear")
colour = torch.rand(len(large), 3, 1, 1)
photos = (large * colour + (1 - large) * colour.flip(1))
photos = torch.stack([photos[:, 0], photos[:, 1], photos[:, 2]], dim=-1)
labels = torch.tensor(bunch.target)
train_x, train_y, val_x, val_y = photos[:1200], labels[:1200], photos[1200:], labels[1200:]


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 5, stride=2), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
        )
        self.out = nn.Linear(64, 10)

    def forward(self, batch):
        images = batch.view(-1, 3, 20, 20)  # <- here
        return self.out(self.features(images).flatten(1))


net = SmallNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(3):
    net.train()
    for rows in torch.randperm(1200).split(40):
        opt.zero_grad()
        F.cross_entropy(net(train_x[rows]), train_y[rows]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, "val acc", (net(val_x).argmax(1) == val_y).float().mean().item())
