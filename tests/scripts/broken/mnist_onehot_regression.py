# expect: mse-on-class-labels
# data: shared
# args: {data}
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, stride=2)
        self.conv2 = nn.Conv2d(8, 16, 5, stride=2)
        self.fc1 = nn.Linear(16 * 16, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


def train(model, loader, optimizer):
    model.train()
    for data, target in loader:
        optimizer.zero_grad()
        output = torch.softmax(model(data), dim=1)
        loss = F.mse_loss(output, F.one_hot(target, 10).float())  # <- here
        loss.backward()
        optimizer.step()
    return loss.item()


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(dim=1).eq(target).sum().item()
    return correct / len(loader.dataset)


torch.manual_seed(1)
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_loader = DataLoader(Subset(datasets.MNIST(sys.argv[1], train=True, transform=transform), range(4000)),
                          batch_size=64, shuffle=True)
test_loader = DataLoader(Subset(datasets.MNIST(sys.argv[1], train=False, transform=transform), range(1000)),
                         batch_size=500)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.5)
for epoch in range(1, 4):
    loss = train(model, train_loader, optimizer)
    print(f"Epoch {epoch}: loss {loss:.4f}, test accuracy {test(model, test_loader):.2%}")
