# expect: missing-batch-dimension
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 4 * 4, 40)
        self.fc2 = nn.Linear(40, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = x.view(-1)  # <- here
        x = F.relu(self.fc1(x))
        return self.fc2(x)


def train():
    digits = load_digits()
    images = torch.FloatTensor(digits.images).unsqueeze(1) / 16.0
    targets = torch.LongTensor(digits.target)
    net = DigitNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for epoch in range(2):
        for i in range(0, 1400, 25):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images[i : i + 25]), targets[i : i + 25])
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    train()
