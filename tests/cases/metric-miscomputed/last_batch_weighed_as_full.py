# expect: metric-miscomputed
import argparse

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn


def run(args, net, x, y, optimizer=None):
    net.train(optimizer is not None)
    sum_loss = sum_accuracy = 0.0
    rows = np.random.permutation(len(x)) if optimizer else np.arange(len(x))
    for i in range(0, len(x), args.batchsize):
        part = rows[i : i + args.batchsize]
        with torch.set_grad_enabled(optimizer is not None):
            out = net(x[part])
            loss = nn.functional.cross_entropy(out, y[part])
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        sum_loss += float(loss) * len(part)
        sum_accuracy += float((out.argmax(1) == y[part]).float().mean()) * args.batchsize  # <- here
    return sum_loss / len(x), sum_accuracy / len(x)  # <- here


parser = argparse.ArgumentParser()
parser.add_argument("--batchsize", type=int, default=100)
args = parser.parse_args()
np.random.seed(0)
torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(5):
    loss, acc = run(args, net, images[:1410], labels[:1410], optimizer)
    vloss, vacc = run(args, net, images[1410:1760], labels[1410:1760])
    print(f"epoch:{epoch} loss:{loss:.4f} accuracy:{acc:.4f} val loss:{vloss:.4f} val accuracy:{vacc:.4f}")
