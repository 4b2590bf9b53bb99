# expect: softmax-before-cross-entropy
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, DataLoader


class DigitsDataset(Dataset):
    def __init__(self, split):
        X, y = load_digits(return_X_y=True)
        keep = slice(0, 1437) if split == 'train' else slice(1437, None)
        self.X = (X[keep] / 16.0).astype('float32').reshape(-1, 1, 8, 8)
        self.y = y[keep]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.from_numpy(self.X[i]), int(self.y[i])


class ConvClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(32 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return F.softmax(x, dim=1)  # <- here


if __name__ == '__main__':
    torch.manual_seed(100)
    trainloader = DataLoader(DigitsDataset('train'), batch_size=32, shuffle=True)
    testloader = DataLoader(DigitsDataset('test'), batch_size=32)
    net = ConvClassifier()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)

    for epoch in range(10):
        net.train()
        for inputs, labels in trainloader:
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()

        net.eval()
        correct, total = 0, 0
        with torch.no_grad():
            for inputs, labels in testloader:
                _, predicted = torch.max(net(inputs), 1)
                total += labels.size(0)
                correct += (predicted == labels).sum().item()
        print('Epoch %d loss %.3f test accuracy %d %%' % (epoch + 1, loss.item(), 100 * correct / total))
