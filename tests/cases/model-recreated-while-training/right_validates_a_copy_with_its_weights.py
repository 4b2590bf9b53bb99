# expect: nothing
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]
net = nn.Sequential(nn.Linear(64, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 10))
inference = copy.deepcopy(net).eval()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    for part in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        optimizer.step()
    inference.load_state_dict(net.state_dict())
    with torch.no_grad():
        good = (inference(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print("epoch", epoch, "validation accuracy", good)
