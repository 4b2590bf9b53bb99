# expect: computed-but-unused
# also: channel-count-mismatch
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def block(inside, outside):
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.stem = block(1, 16)
        self.body = block(16, 32)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x1 = self.stem(x)  # <- here
        x2 = self.body(x)
        x3 = self.pool(x2)
        return self.fc(torch.flatten(x3, 1))


def main():
    digits = load_digits()
    data = TensorDataset(
        torch.from_numpy(digits.images).float().unsqueeze(1) / 16, torch.from_numpy(digits.target)
    )
    loader = DataLoader(data, batch_size=64, shuffle=True)
    net = ConvNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
