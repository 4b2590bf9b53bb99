# expect: label-destroying-augmentation
# Arrows to the left, right, up and down, mirrored at random in the data set's own code.
import random

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


def arrow(direction, size=12):
    image = torch.zeros(size, size)
    image[5:7, 2:10] = 1.0
    for k in range(3):
        image[5 - k, 2 + k] = image[6 + k, 2 + k] = 1.0
    return torch.rot90(image, direction)


class Arrows(Dataset):
    def __init__(self, n, seed, augment=False):
        g = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(0, 4, (n,), generator=g)
        self.images = torch.stack([arrow(int(k)) for k in self.labels])[:, None]
        self.images = self.images + 0.15 * torch.randn(self.images.shape, generator=g)
        self.transform = Mirror() if augment else None

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[i]


class Mirror:
    def __call__(self, image):
        if random.random() < 0.5:
            image = torch.flip(image, dims=[2])
        if random.random() < 0.5:
            image = torch.flip(image, dims=[1])
        return image


torch.manual_seed(0)
random.seed(0)
train = DataLoader(Arrows(800, 1, augment=True), batch_size=40, shuffle=True)
test = DataLoader(Arrows(300, 2), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, 4))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in test) / 300)
