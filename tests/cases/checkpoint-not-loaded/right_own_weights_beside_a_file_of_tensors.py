# expect: nothing
"""The images come from a file of tensors; that none of its names is the network's means nothing."""

import os
import tempfile

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(5)
raw = load_digits()
path = os.path.join(tempfile.mkdtemp(), "digits.pt")
torch.save({"images": torch.tensor(raw.images).float() / 16, "labels": torch.tensor(raw.target)},
           path)  # fmt: skip
store = torch.load(path)
x, y = store["images"].flatten(1), store["labels"]
net = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.3)
net.load_state_dict({name: value for name, value in net.state_dict().items() if "." in name})
for epoch in range(6):
    for rows in torch.randperm(1300).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    with torch.no_grad():
        right = (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print(epoch, right)
