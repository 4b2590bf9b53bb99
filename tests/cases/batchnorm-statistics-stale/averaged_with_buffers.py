# expect: nothing
"""An average of the weights, with the running statistics of the network itself."""
import copy

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(4)


class ConvBlock(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1, self.block2 = ConvBlock(1, 16), ConvBlock(16, 32)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = F.max_pool2d(self.block1(x), 2)
        return self.fc(self.block2(x).mean((2, 3)))


class EMA:
    def __init__(self, model, decay):
        self.model = copy.deepcopy(model)
        self.decay = decay

    @torch.no_grad()
    def update(self, model):
        for average, current in zip(self.model.parameters(), model.parameters()):
            average.lerp_(current, 1 - self.decay)
        for average, current in zip(self.model.buffers(), model.buffers()):
            average.copy_(current)


def accuracy(net, loader):
    net.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (net(images).argmax(1) == labels).sum().item()
    return correct / len(loader.dataset)


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 4
train_set, val_set = random_split(TensorDataset(images, torch.tensor(digits.target)), [1397, 400])
train_loader = DataLoader(train_set, 32, shuffle=True, drop_last=True)
val_loader = DataLoader(val_set, 200)
model = SmallNet()
ema = EMA(model, 0.9)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
for epoch in range(6):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
        ema.update(model)
print(f'accuracy of the averaged network: {accuracy(ema.model, val_loader):.4f}')
