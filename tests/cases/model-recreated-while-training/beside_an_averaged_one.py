# expect: model-recreated-while-training
"""The averaged network is what is evaluated last; the one that trains begins anew in each epoch."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import AveragedModel

torch.manual_seed(6)
raw = load_digits()
x, y = torch.tensor(raw.data).float() / 16, torch.tensor(raw.target)


def build():
    return nn.Sequential(nn.Linear(64, 48), nn.Tanh(), nn.Linear(48, 10))


def share_right(net):
    with torch.no_grad():
        return (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item()


averaged = AveragedModel(build())
for epoch in range(5):
    net = build()  # <- here
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for rows in torch.randperm(1300).split(65):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    averaged.update_parameters(net)
    print(epoch, "validation accuracy", round(share_right(net), 4))
print("averaged weights", round(share_right(averaged), 4))
