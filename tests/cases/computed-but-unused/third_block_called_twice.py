# expect: computed-but-unused
import torch
from sklearn.datasets import load_digits
from torch import nn


def unit(width):
    return nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())


class Stack(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.unit1, self.unit2, self.unit3, self.unit4 = (unit(width) for _ in range(4))
        self.pool = nn.MaxPool2d(2)
        self.score = nn.Linear(width * 4, 10)

    def forward(self, x):
        x = self.pool(self.unit2(self.unit1(self.first(x))))
        x = self.unit3(x)
        x = self.unit3(self.pool(x))  # <- here
        return self.score(x.flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
net = Stack()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for i in torch.randperm(1200).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, "test accuracy", (net(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
