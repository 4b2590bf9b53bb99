# expect: resolution-mismatch
# also: too-few-epochs
# Large pictures with fine detail, shrunk to ten pixels: what tells them apart is gone.
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

torch.manual_seed(0)


def weave(label, seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:120, :120] + rng.integers(0, 8, 2)[:, None, None]
    period = (4, 5, 6, 8)[label]
    threads = ((rows + columns) % period < period // 2) * 120 + 60
    return Image.fromarray((threads + rng.normal(0, 10, threads.shape)).clip(0, 255).astype("uint8"))


class Fabric(Dataset):
    def __init__(self, first, last, transform):
        self.labels = [i % 4 for i in range(first, last)]
        self.pictures = [weave(i % 4, i) for i in range(first, last)]
        self.transform = transform

    def __getitem__(self, i):
        return self.transform(self.pictures[i]), self.labels[i]

    def __len__(self):
        return len(self.labels)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 12, 5, padding=2), nn.Conv2d(12, 12, 3)
        self.fc = nn.Linear(12, 4)

    def forward(self, x):
        return self.fc(F.relu(self.c2(F.relu(self.c1(x)))).mean((2, 3)))


tf = T.Compose([T.Resize(10), T.ToTensor(), T.Normalize(0.45, 0.2)])  # <- here
train_loader = DataLoader(Fabric(0, 160, tf), batch_size=20, shuffle=True)
test_loader = DataLoader(Fabric(160, 240, tf), batch_size=40)
net = Net()
opt = optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(epoch, "test accuracy", hits / 80)
