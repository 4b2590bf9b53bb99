# expect: learning-rate-too-high
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


if __name__ == '__main__':
    torch.manual_seed(0)
    config = {
        'lr': 0.8,  # <- here
        'momentum': 0.9,
        'batch_size': 32,
        'epochs': 5,
    }
    digits = load_digits()
    data = TensorDataset(torch.tensor(digits.images).float().unsqueeze(1) / 16, torch.tensor(digits.target))
    train_data, test_data = random_split(data, [1437, 360])
    train_loader = DataLoader(train_data, config['batch_size'], shuffle=True)
    test_loader = DataLoader(test_data, 120)

    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=config['lr'], momentum=config['momentum'])  # <- here
    for epoch in range(config['epochs']):
        net.train()
        total = 0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            acc = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader) / len(test_data)
        print(f'epoch {epoch}: train loss {total / len(train_loader):.3f}, test accuracy {acc:.3f}')
