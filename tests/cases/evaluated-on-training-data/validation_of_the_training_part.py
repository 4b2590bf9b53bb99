# expect: evaluated-on-training-data
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(digits.target)
order = torch.randperm(len(images))
train, val, test = order[:900], order[900:1300], order[1300:]
fit = DataLoader(TensorDataset(images[train], labels[train]), 50, shuffle=True)
check = DataLoader(TensorDataset(images[train], labels[train]), 50)  # <- here
final = DataLoader(TensorDataset(images[test], labels[test]), 50)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), 2e-3)


def share(batches):
    with torch.no_grad():
        return sum((net(a).argmax(1) == b).sum().item() for a, b in batches) / len(batches.dataset)


for epoch in range(6):
    for a, b in fit:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
    print(f'{epoch} validation accuracy {share(check):.4f}')
print(f'test accuracy {share(final):.4f}')
