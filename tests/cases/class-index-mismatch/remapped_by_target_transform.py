# expect: nothing
# The test data number their classes otherwise; a target_transform puts that right.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Named(Dataset):
    def __init__(self, rows, names, target_transform=None):
        bunch = load_digits()
        self.x = torch.tensor(bunch.images[rows], dtype=torch.float32)[:, None] / 16
        self.class_to_idx = {name: i for i, name in enumerate(names)}
        self.y = [self.class_to_idx[str(label)] for label in bunch.target[rows]]
        self.target_transform = target_transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        y = self.y[i]
        return self.x[i], self.target_transform(y) if self.target_transform else y


torch.manual_seed(0)
up, down = "0123456789", "9876543210"
train = Named(slice(0, 1400), up)
test = Named(slice(1400, None), down, target_transform=lambda label: 9 - label)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, 50, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
print("accuracy", right / len(test))
