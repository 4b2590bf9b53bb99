# first: Crash:
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 8, 3)
        self.pool = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(8, 8, 3)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(torch.nn.functional.pad(x, (1, 2, 1, 2)))))
        return self.fc(self.conv3(x).flatten(1))


net = Net()
nn.functional.cross_entropy(net(torch.rand(4, 1, 8, 8)), torch.tensor([1, 2, 3, 4])).backward()
