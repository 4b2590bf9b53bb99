# expect: poor-initialization
# data: shared
# args: {data}
import sys

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms as tr


def weights_init(m):
    name = m.__class__.__name__
    if name.find('Conv') != -1 or name.find('Linear') != -1:
        nn.init.normal_(m.weight, 0.0, 10)  # <- here


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(True),
            nn.Conv2d(8, 16, 5, stride=2), nn.ReLU(True),
            nn.Flatten(),
            nn.Linear(256, 64), nn.ReLU(True),
            nn.Linear(64, 10))

    def forward(self, x):
        return self.main(x)


torch.manual_seed(0)
prep = tr.Compose([tr.ToTensor(), tr.Normalize(0.1307, 0.3081)])
train_dl = DataLoader(Subset(datasets.MNIST(sys.argv[1], True, prep), range(3000)), 64, shuffle=True)
test_dl = DataLoader(Subset(datasets.MNIST(sys.argv[1], False, prep), range(1000)), 250)
net = Net()
net.apply(weights_init)
crit = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)

for epoch in range(3):
    net.train()
    losses = []
    for x, y in train_dl:
        net.zero_grad()
        loss = crit(net(x), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        ok = sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl)
    print(f'[{epoch}] loss first {losses[0]:.1f} last {losses[-1]:.3f} test {ok / len(test_dl.dataset):.3f}')
