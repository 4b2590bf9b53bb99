# expect: poor-initialization
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.fc1 = nn.Linear(24 * 16, 50)
        self.fc2 = nn.Linear(50, 10)
        self.reset()

    def reset(self):
        for p in self.parameters():
            nn.init.zeros_(p)  # <- here

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def epoch_loss(net, loader, optimizer):
    net.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)


@torch.no_grad()
def accuracy(net, loader):
    net.eval()
    return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


torch.manual_seed(0)
digits = load_digits()
ds = TensorDataset((torch.tensor(digits.images).float().unsqueeze(1) - 4.9) / 6.0, torch.tensor(digits.target))
train_set, test_set = random_split(ds, [1297, 500])
train_loader, test_loader = DataLoader(train_set, 32, shuffle=True), DataLoader(test_set, 250)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for i in range(5):
    print(i, round(epoch_loss(net, train_loader, optimizer), 4), round(accuracy(net, test_loader), 4))
