# expect: layer-created-in-forward
# also: unregistered-modules, parameters-missing-from-optimizer
# data: shared
# args: --data {data}
import argparse

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x):
        identity = x
        out = self.relu(self.conv1(x))
        out = self.conv2(out)
        if self.stride != 1 or self.in_channels != self.out_channels:
            downsample = nn.Conv2d(self.in_channels, self.out_channels, 1, stride=self.stride)  # <- here
            identity = downsample(x)
        return self.relu(out + identity)


class ResidualNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.stage1 = ResidualBlock(1, 8, stride=2)
        self.stage2 = ResidualBlock(8, 16, stride=2)
        self.stage3 = ResidualBlock(16, 32, stride=2)
        self.stage4 = ResidualBlock(32, 32, stride=2)
        self.fc = nn.Linear(32 * 4, num_classes)

    def forward(self, x):
        x = self.stage4(self.stage3(self.stage2(self.stage1(x))))
        return self.fc(x.flatten(1))


def accuracy(model, loader):
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
            total += y.size(0)
    return correct / total


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="data")
    args = parser.parse_args()
    torch.manual_seed(0)
    tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train = Subset(datasets.MNIST(args.data, train=True, transform=tf), range(3000))
    test = Subset(datasets.MNIST(args.data, train=False, transform=tf), range(1000))
    train_loader = DataLoader(train, batch_size=60, shuffle=True)
    test_loader = DataLoader(test, batch_size=250)
    model = ResidualNet()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        print(f"Epoch {epoch + 1}, loss {loss.item():.4f}, accuracy {accuracy(model, test_loader):.4f}")
