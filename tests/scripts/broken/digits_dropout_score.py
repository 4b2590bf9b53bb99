# expect: evaluating-in-train-mode
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.drop1 = nn.Dropout2d(p)
        self.drop2 = nn.Dropout(p)
        self.fc1 = nn.Linear(64 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = self.drop1(F.max_pool2d(F.relu(self.conv2(x)), 2))
        x = self.drop2(F.relu(self.fc1(x.flatten(1))))
        return self.fc2(x)


def train(net, loader, optimizer, epoch):
    net.train()
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        if i % 20 == 0:
            print(f"epoch {epoch} batch {i} loss {loss.item():.4f}")


def score(net, loader):
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (net(x).argmax(dim=1) == y).sum().item()  # <- here
    return correct / len(loader.dataset)


torch.manual_seed(4)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.3, random_state=4)
train_loader = DataLoader(TensorDataset(Xtr, ytr), batch_size=32, shuffle=True)
test_loader = DataLoader(TensorDataset(Xte, yte), batch_size=90)
net = Net()
optimizer = optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    train(net, train_loader, optimizer, epoch)
print(f"test accuracy: {score(net, test_loader):.4f}")
