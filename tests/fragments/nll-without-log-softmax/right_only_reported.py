# expect: nothing
# The loss that trains takes raw scores; the one that does not fit is summed for a look, no more.
import torch
import torch.nn as nn
import torch.nn.functional as F

net = nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)


def test(loader):
    total = 0
    with torch.no_grad():
        for data, target in loader:
            total += F.nll_loss(net(data), target, reduction="sum").item()
    return total / len(loader.dataset)


for data, target in train_loader:
    optimizer.zero_grad()
    criterion(net(data), target).backward()
    optimizer.step()
print(test(test_loader))
