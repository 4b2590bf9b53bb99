# expect: augmentation-on-evaluation-data
"""The evaluation has a transform of its own, and somebody put an augmentation into it."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Pictures(Dataset):
    def __init__(self, x, y, tfm):
        self.x, self.y, self.tfm = x, y, tfm

    def __len__(self):
        return len(self.x)

    def __getitem__(self, n):
        return self.tfm(self.x[n]), int(self.y[n])


torch.manual_seed(2)
images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8, 1) * 15.9).astype(np.uint8)
learn_tfm = T.Compose([T.ToTensor(), T.Normalize([0.3], [0.37])])
check_tfm = T.Compose([  # <- here
    T.ToTensor(),
    T.RandomAffine(degrees=25, translate=(0.2, 0.2)),
    T.Normalize([0.3], [0.37]),
])
learn = DataLoader(Pictures(images[:1300], labels[:1300], learn_tfm), batch_size=50, shuffle=True)
check = DataLoader(Pictures(images[1300:], labels[1300:], check_tfm), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                    nn.Linear(24 * 16, 10))  # fmt: skip
opt = optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(6):
    net.train()
    for x, y in learn:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in check:
            hits += (net(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: {hits / len(check.dataset):.3f}")
