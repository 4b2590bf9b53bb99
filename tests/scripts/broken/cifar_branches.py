# expect: unregistered-modules
# data: shared
# args: {data}
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import transforms as T
from torchvision.datasets import CIFAR10

PALETTE = ("automobile", "frog", "horse")


class InceptionLike(nn.Module):
    """Three parallel branches with kernels of different size."""

    def __init__(self, cin, cout):
        super().__init__()
        self.branches = {  # <- here
            "k1": nn.Conv2d(cin, cout, 1),
            "k3": nn.Conv2d(cin, cout, 3, padding=1),
            "k5": nn.Conv2d(cin, cout, 5, padding=2),
        }

    def forward(self, x):
        return F.relu(torch.cat([conv(x) for conv in self.branches.values()], dim=1))


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.block1 = InceptionLike(3, 4)
        self.block2 = InceptionLike(12, 8)
        self.block3 = InceptionLike(24, 8)
        self.fc = nn.Linear(24, classes)

    def forward(self, x):
        x = F.max_pool2d(self.block1(x), 4)
        x = F.max_pool2d(self.block2(x), 2)
        x = F.adaptive_avg_pool2d(self.block3(x), 1)
        return self.fc(x.flatten(1))


def pick(train, limit):
    tf = T.Compose([T.ToTensor(), T.Normalize((0.49, 0.48, 0.45), (0.25, 0.24, 0.26))])
    data = CIFAR10(sys.argv[1], train=train, transform=tf, download=True)
    ids = [data.class_to_idx[c] for c in PALETTE]
    rows = [i for i, t in enumerate(data.targets) if t in ids][:limit]
    return [(data[i][0], ids.index(data.targets[i])) for i in rows]


torch.manual_seed(0)
train_loader = torch.utils.data.DataLoader(pick(True, 1200), batch_size=40, shuffle=True)
test_loader = torch.utils.data.DataLoader(pick(False, 600), batch_size=200)
net = Net(len(PALETTE))
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)

for epoch in range(4):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    n = 0
    with torch.no_grad():
        for x, y in test_loader:
            n += (net(x).argmax(1) == y).sum().item()
    print("epoch", epoch, "test accuracy", n / len(test_loader.dataset))
