# expect: unregistered-modules
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.branches = {  # <- here
            "row": nn.Conv2d(1, 4, (1, 8)),
            "column": nn.Conv2d(1, 4, (8, 1)),
        }
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        found = [F.relu(branch(x)).flatten(2) for branch in self.branches.values()]
        pooled = [F.adaptive_max_pool1d(f, 2).flatten(1) for f in found]
        return self.fc(torch.cat(pooled, dim=1))


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1437, 360])
net = Branches()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(4):
    net.train()
    for x, y in DataLoader(train, batch_size=48, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 120))
    print(epoch, right / len(test))
