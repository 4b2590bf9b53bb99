# expect: evaluating-in-train-mode
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 12, 3)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.bn2 = nn.BatchNorm2d(24)
        self.fc = nn.Linear(24 * 16, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc(x.view(x.size(0), -1))


def train(net, loader, criterion, optimizer):
    for inputs, targets in loader:
        optimizer.zero_grad()
        criterion(net(inputs), targets).backward()
        optimizer.step()


def test(net, loader, criterion):
    loss_sum, correct = 0.0, 0
    with torch.no_grad():
        for inputs, targets in loader:
            outputs = net(inputs)  # <- here
            loss_sum += criterion(outputs, targets).item() * len(targets)
            correct += (outputs.max(1)[1] == targets).sum().item()
    return loss_sum / len(loader.dataset), correct / len(loader.dataset)


torch.manual_seed(1)
d = load_digits()
images, labels = torch.FloatTensor(d.images / 16).unsqueeze(1), torch.LongTensor(d.target)
trainloader = DataLoader(TensorDataset(images[:1200], labels[:1200]), batch_size=30, shuffle=True)
testloader = DataLoader(TensorDataset(images[1200:], labels[1200:]), batch_size=4)
net = ConvNet()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(3):
    train(net, trainloader, criterion, optimizer)
    print(epoch, test(net, testloader, criterion))
