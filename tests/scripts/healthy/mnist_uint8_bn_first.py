# expect: nothing
# data: shared
# args: {data}
# result: test acc ([\d.]+)
# Raw bytes straight from the data set; the first layer of the network normalizes them.
import sys

import torch
import torch.nn as nn
from torchvision.datasets import MNIST

torch.manual_seed(4)
root = sys.argv[1]
train, test = MNIST(root, train=True), MNIST(root, train=False)
n_train, n_test = 4096, 2000
Xtr, Ytr = train.data[:n_train].unsqueeze(1), train.targets[:n_train]
Xte, Yte = test.data[:n_test].unsqueeze(1), test.targets[:n_test]
assert Xtr.dtype == torch.uint8


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_norm = nn.BatchNorm2d(1)
        self.block1 = self.block(1, 12)
        self.block2 = self.block(12, 24)
        self.classifier = nn.Linear(24 * 7 * 7, 10)

    @staticmethod
    def block(i, o):
        return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, x):
        x = self.input_norm(x.float())
        x = self.block2(self.block1(x))
        return self.classifier(x.view(x.size(0), -1))


net = Net()
opt = torch.optim.Adam(net.parameters(), 2e-3)
crit = nn.CrossEntropyLoss()
for epoch in range(2):
    net.train()
    total = 0.
    for idx in torch.randperm(n_train).chunk(n_train // 64):
        opt.zero_grad()
        loss = crit(net(Xtr[idx]), Ytr[idx])
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    net.eval()
    with torch.no_grad():
        hits = sum((net(a).argmax(1) == b).sum().item()
                   for a, b in zip(Xte.split(500), Yte.split(500)))
    print('epoch', epoch + 1, 'loss', round(total / n_train, 4), 'test acc', hits / n_test)
