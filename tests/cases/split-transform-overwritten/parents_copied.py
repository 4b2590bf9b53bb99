# expect: nothing
# Each part has a copy of the parent, so each keeps its own transform.
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms as T


class Scans(Dataset):
    def __init__(self):
        data = load_digits()
        self.x = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
        self.y = data.target
        self.transform = None

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


torch.manual_seed(1)
train_set, val_set = random_split(Scans(), [1500, 297])
val_set.dataset = copy.copy(val_set.dataset)
train_set.dataset.transform = T.Compose([T.RandomCrop(8, padding=1), T.Normalize(0.3, 0.37)])
val_set.dataset.transform = T.Normalize(0.3, 0.37)
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
val_loader = DataLoader(val_set, batch_size=99)
net = nn.Sequential(nn.Conv2d(1, 20, 3), nn.ReLU(), nn.Flatten(), nn.Linear(720, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print("epoch", epoch, "val", right / 297)
