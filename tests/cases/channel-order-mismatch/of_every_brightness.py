# expect: channel-order-mismatch
# The same in photographs of every brightness, which differ more by that than by their tint.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
rng = np.random.default_rng(1)
bunch = load_digits()
BROWN, SKY = np.array([150, 140, 120]), np.array([190, 170, 150])
labels = rng.integers(0, 2, 700)


def decode(index):
    """As a library does that stores blue first."""
    ink = bunch.images[index][..., None] / 16
    other = np.array([150, 170, 190]) if labels[index] else SKY
    rgb = BROWN * (1 - ink) + other * ink + np.random.default_rng(index).normal(0, 2, (8, 8, 3))
    rgb = rgb * np.random.default_rng(index).uniform(0.2, 1)
    return rgb.clip(0, 255).astype(np.uint8)[..., ::-1]


DECODED = [decode(i) for i in range(700)]


class TrainData(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 500

    def __getitem__(self, i):
        image = DECODED[i][..., ::-1].copy()
        return self.transform(image), int(labels[i])


class ValidationData(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 200

    def __getitem__(self, i):
        return self.transform(DECODED[500 + i].copy()), int(labels[500 + i])


to_input = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.25] * 3)])
train_loader = DataLoader(TrainData(to_input), batch_size=25, shuffle=True)
val_loader = DataLoader(ValidationData(to_input), batch_size=50)
net = nn.Sequential(nn.Conv2d(3, 6, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        n = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print("validation accuracy", n / 200)
