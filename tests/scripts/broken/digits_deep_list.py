# expect: unregistered-modules
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class DeepNet(nn.Module):
    def __init__(self, depth=4, width=6, n_classes=10):
        super().__init__()
        self.blocks = []  # <- here
        channels = 1
        for i in range(depth):
            self.blocks.append(nn.Conv2d(channels, width, 3, padding=1))  # <- here
            channels = width
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Linear(width * 4, n_classes)

    def forward(self, x):
        for block in self.blocks:
            x = torch.relu(block(x))
        return self.fc(self.pool(x).flatten(1))


def train_one_epoch(net, loader, optimizer, criterion):
    net.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
    return loss.item()


def test(net, loader):
    net.eval()
    with torch.no_grad():
        correct = sum((net(images).argmax(1) == labels).sum().item() for images, labels in loader)
    return correct / len(loader.dataset)


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
full = TensorDataset(x, torch.tensor(digits.target))
train_set, test_set = random_split(full, [1437, 360])
train_loader, test_loader = DataLoader(train_set, 32, shuffle=True), DataLoader(test_set, 120)

net = DeepNet()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    loss = train_one_epoch(net, train_loader, optimizer, criterion)
    print(f"epoch {epoch}: loss {loss:.4f}, test accuracy {test(net, test_loader):.4f}")
