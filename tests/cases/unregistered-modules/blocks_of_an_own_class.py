# expect: unregistered-modules
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)


class ConvBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, padding=1)

    def forward(self, x):
        return F.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self, widths=(1, 8, 16, 16)):
        super().__init__()
        self.blocks = []  # <- here
        for a, b in zip(widths, widths[1:]):
            self.blocks.append(ConvBlock(a, b))
        self.classifier = nn.Linear(widths[-1], 10)

    def forward(self, x):
        for b in self.blocks:
            x = b(x)
        return self.classifier(x.mean((2, 3)))


digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float)[:, None] / 16
y = torch.tensor(digits.target)
model = Net()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(4):
    for i in torch.randperm(1400).split(64):
        opt.zero_grad()
        loss = F.cross_entropy(model(x[i]), y[i])
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(epoch, loss.item(), (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
