# expect: target-encoding-mismatch
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
pictures = (digits.images * 15).astype(np.uint8)
tags = np.stack([digits.target % 2 == 0, digits.target > 4, digits.target == 0]).T.astype(np.uint8)


def as_tensor(array):
    """uint8 to 0..1"""
    return torch.from_numpy(array).float().div(255)


torch.manual_seed(0)
train = TensorDataset(as_tensor(pictures[:1400]).flatten(1), as_tensor(tags[:1400]))
test_x, test_y = as_tensor(pictures[1400:]).flatten(1), torch.from_numpy(tags[1400:])
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(net(x), y).backward()  # <- here
        optimizer.step()
    net.eval()
    with torch.no_grad():
        found = ((net(test_x) > 0) & (test_y == 1)).sum().item()
    print(epoch, f"{found} of {int(test_y.sum())} tags found")
