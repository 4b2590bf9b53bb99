# expect: labels-out-of-range
# data: shared
# args: {data}
import sys
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

KEEP = (3, 5, 8)
tfm = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])


def get(train, limit):
    ds = datasets.MNIST(sys.argv[1], train=train, transform=tfm)
    idx = [i for i, t in enumerate(ds.targets.tolist()) if t in KEEP][:limit]
    return Subset(ds, idx)  # <- here


class ThreeWay(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 8, 5, stride=2), nn.Conv2d(8, 16, 5, stride=2)
        self.fc = nn.Linear(256, len(KEEP))

    def forward(self, x):
        return self.fc(F.relu(self.c2(F.relu(self.c1(x)))).flatten(1))


def accuracy(net, dl):
    net.eval()
    n = 0
    with torch.no_grad():
        for x, y in dl:
            n += net(x).argmax(1).eq(y).sum().item()
    return n / len(dl.dataset)


torch.manual_seed(0)
train_dl = DataLoader(get(True, 1500), batch_size=50, shuffle=True)
test_dl = DataLoader(get(False, 600), batch_size=200)
net = ThreeWay()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for ep in range(3):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)  # <- here
        loss.backward()
        opt.step()
    print(ep, loss.item(), accuracy(net, test_dl))
