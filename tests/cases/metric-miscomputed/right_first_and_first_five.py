# expect: nothing
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn


class Meter:
    def __init__(self):
        self.sum = self.count = 0

    def update(self, value, n):
        self.sum += value * n
        self.count += n

    @property
    def avg(self):
        return self.sum / self.count


def accuracy(output, target, topk=(1,)):
    _, pred = output.topk(max(topk), 1)
    correct = pred.t().eq(target.view(1, -1))
    return [100 * correct[:k].any(0).float().mean().item() for k in topk]


torch.manual_seed(0)
digits = load_digits()
noise = np.random.RandomState(0).normal(0, 0.5, digits.data.shape)
x = torch.tensor(digits.data / 16 + noise, dtype=torch.float32)
y = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(5):
    net.train()
    for rows in torch.randperm(1200).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    top1, top5 = Meter(), Meter()
    with torch.no_grad():
        for rows in torch.arange(1200, 1797).split(100):
            prec1, prec5 = accuracy(net(x[rows]), y[rows], (1, 5))
            top1.update(prec1, len(rows))
            top5.update(prec5, len(rows))
    print(f"Val {epoch} Prec@1 {top1.avg:.3f} Prec@5 {top5.avg:.3f}")
