# expect: nothing
# data: shared
# args: {data}
# result: test error ([\d.]+)
# better: lower
import gzip
import struct
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn import AvgPool2d, Conv2d, Flatten, Linear, Sequential, Tanh


def read_idx(path):
    raw = path.read_bytes() if path.exists() else gzip.open(str(path) + ".gz").read()
    _, _, ndim = struct.unpack_from(">HBB", raw)
    shape = struct.unpack_from(f">{ndim}I", raw, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * ndim).reshape(shape)


def load(root, prefix, n):
    x = read_idx(root / f"{prefix}-images-idx3-ubyte")[:n]
    y = read_idx(root / f"{prefix}-labels-idx1-ubyte")[:n]
    return (torch.from_numpy(x.copy()).unsqueeze(1).float() / 255,
            torch.from_numpy(y.astype(np.int64)))


def standardize(x, mean, std):
    return (x - mean) / std


def batches(x, y, size, shuffle):
    order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
    for chunk in order.split(size):
        yield x[chunk], y[chunk]


def update(net, opt, xb, yb):
    loss = F.cross_entropy(net(xb), yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def fit(net, opt, stream, epochs, after_epoch):
    for epoch in range(epochs):
        net.train()
        losses = [update(net, opt, xb, yb) for xb, yb in stream()]
        after_epoch(epoch, sum(losses) / len(losses))


@torch.no_grad()
def error_rate(net, stream):
    net.eval()
    wrong = [(net(xb).argmax(-1) != yb) for xb, yb in stream()]
    return float(torch.cat(wrong).float().mean())


root = Path(sys.argv[1]) / "MNIST" / "raw"
torch.manual_seed(0)
x_train, y_train = load(root, "train", 4000)
x_test, y_test = load(root, "t10k", 2000)
norm = partial(standardize, mean=x_train.mean(), std=x_train.std())
train_stream = partial(batches, norm(x_train), y_train, 50, True)
test_stream = partial(batches, norm(x_test), y_test, 500, False)

net = Sequential(
    Conv2d(1, 6, 5, padding=2), Tanh(), AvgPool2d(2),
    Conv2d(6, 16, 5), Tanh(), AvgPool2d(2),
    Flatten(), Linear(400, 84), Tanh(), Linear(84, 10),
)
fit(net, torch.optim.Adam(net.parameters(), lr=2e-3), train_stream, 3,
    lambda e, l: print(f"{e}: loss {l:.4f}  test error {error_rate(net, test_stream):.2%}"))
