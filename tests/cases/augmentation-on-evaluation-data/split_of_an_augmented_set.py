# expect: augmentation-on-evaluation-data
# One augmented data set, split afterwards: both parts are augmented.
import argparse

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision.transforms import v2

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
args = parser.parse_args()


class DigitImages(Dataset):
    def __init__(self, transform=None):
        bunch = load_digits()
        self.images = torch.from_numpy(bunch.images).float()[:, None] / 16
        self.labels = torch.from_numpy(bunch.target)
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, idx):
        img = self.images[idx]
        return (self.transform(img) if self.transform else img), self.labels[idx]


def accuracy(net, loader):
    net.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in loader:
            right += (net(x).argmax(dim=1) == y).sum().item()
            total += len(y)
    return right / total


torch.manual_seed(7)
tf = v2.Compose([v2.RandomAffine(degrees=12, translate=(0.1, 0.1)), v2.RandomErasing(p=0.3)])
full = DigitImages(transform=tf)  # <- here
train_ds, val_ds = random_split(full, [0.8, 0.2])
train_dl = DataLoader(train_ds, batch_size=64, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=128)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)
)
opt = torch.optim.AdamW(net.parameters(), lr=8e-3)
for epoch in range(args.epochs):
    net.train()
    for x, y in train_dl:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} val acc {accuracy(net, val_dl):.3f}")
