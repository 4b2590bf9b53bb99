# expect: degenerate-images
# also: excessive-augmentation, label-destroying-augmentation
# Brightness is added to 8-bit pixels, which begin anew at 256.
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
rng = np.random.default_rng(0)
bunch = load_digits()
large = F.interpolate(torch.tensor(bunch.images)[:, None], size=(20, 20), mode="bilinear")[:, 0]
light = rng.uniform(110, 180, (len(large), 1, 1))
contrast = 65 * rng.uniform(0.05, 1, light.shape)
pictures = (light + contrast * (large.numpy() / 16 - 0.5)).astype(np.uint8)


class Brighten:
    def __init__(self, amount):
        self.amount = amount

    def __call__(self, picture):
        picture = (picture.astype(int) + self.amount).astype(np.uint8)  # <- here
        return torch.from_numpy(picture).float().unsqueeze(0) / 255


class Pictures(Dataset):
    def __init__(self, first, last, transform):
        self.rows = range(first, last)
        self.transform = transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.transform(pictures[self.rows[i]]), int(bunch.target[self.rows[i]])


train = DataLoader(Pictures(0, 1000, Brighten(100)), batch_size=50, shuffle=True)
test = DataLoader(Pictures(1000, 1400, Brighten(100)), batch_size=200)
net = nn.Sequential(
    nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
)
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(3):
    net.train()
    for x, y in train:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(epoch, right / 400)
