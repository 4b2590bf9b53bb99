# expect: dropout-too-high
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
standard = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])


class Digits(Dataset):
    def __init__(self, rows, transform):
        bunch = load_digits()
        self.images = (bunch.images[rows] * 15.9).astype(np.uint8)
        self.labels, self.transform = bunch.target[rows], transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.out = nn.Linear(256, 10)

    def forward(self, x):
        x = F.dropout(x, 0.97, training=self.training)  # <- here
        return self.out(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))


train = DataLoader(Digits(slice(0, 1300), standard), batch_size=64, shuffle=True)
test = DataLoader(Digits(slice(1300, None), standard), batch_size=100)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(epoch, right / len(test.dataset))
