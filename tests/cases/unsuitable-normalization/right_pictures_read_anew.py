# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Shelf:
    """Hands out a fresh picture each time, as a file would."""

    def __init__(self, pictures):
        self.pictures = pictures

    def __getitem__(self, number):
        return torch.tensor(self.pictures[number], dtype=torch.float32)


class Digits(Dataset):
    def __init__(self, part):
        digits = load_digits()
        self.pictures = Shelf(digits.images[part])
        self.names = torch.tensor(digits.target[part])

    def __len__(self):
        return len(self.names)

    def __getitem__(self, number):
        picture, name = self.pictures[number], self.names[number]
        picture.sub_(4.9).div_(6.0)
        return picture.unsqueeze(0), name


torch.manual_seed(0)
train = DataLoader(Digits(slice(0, 1300)), batch_size=32, shuffle=True)
test = DataLoader(Digits(slice(1300, None)), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(6):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
print(f"test accuracy {hits / len(test.dataset):.3f}")
