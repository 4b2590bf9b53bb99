# expect: nothing
import os
import tempfile

import torch
from sklearn.datasets import load_digits
from torch import nn

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
path = os.path.join(tempfile.mkdtemp(), "last.pt")


def restore(net, optimizer):
    state = torch.load(path)
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["sgd"])
    return state["epoch"] + 1


def fit(net, start, stop):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4], gamma=0.1)
    if os.path.exists(path):
        start = restore(net, optimizer)
    for epoch in range(start, stop):
        net.train()
        for rows in torch.randperm(1400).split(50):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
        print(epoch, f"loss {loss.item():.3f} accuracy {right:.3f}")
        torch.save({"epoch": epoch, "net": net.state_dict(), "sgd": optimizer.state_dict()}, path)


def build():
    return nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))


torch.manual_seed(0)
fit(build(), 0, 5)
fit(build(), 0, 8)
