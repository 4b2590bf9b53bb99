# expect: underfitting-capacity
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SlimNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 2, 3, padding=1)  # <- here
        self.fc = nn.Linear(2, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = torch.tanh(self.conv2(x))
        return self.fc(x.mean((2, 3)))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
train = TensorDataset(images[order[:1200]], labels[order[:1200]])
test = TensorDataset(images[order[1200:]], labels[order[1200:]])
net = SlimNet()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(12):
    net.train()
    for x, y in DataLoader(train, 50, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 200))
    print(epoch, right / len(test))
