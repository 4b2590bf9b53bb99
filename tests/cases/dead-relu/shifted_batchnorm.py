# expect: dead-relu
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Block(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(b)
        self.norm.bias.data.fill_(-6)  # <- here

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
train, test = random_split(TensorDataset(images, torch.tensor(digits.target)), [1200, 597])
net = nn.Sequential(Block(1, 16), nn.MaxPool2d(2), Block(16, 32), nn.Flatten(), nn.Linear(512, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
    print(epoch, hits / len(test))
