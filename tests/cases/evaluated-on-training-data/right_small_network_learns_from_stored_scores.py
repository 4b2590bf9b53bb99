# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
train, dev = TensorDataset(x[:1300], y[:1300]), TensorDataset(x[1300:], y[1300:])
train_loader = DataLoader(train, batch_size=50)
dev_loader = DataLoader(dev, batch_size=100)


def score(net):
    net.eval()
    with torch.no_grad():
        return sum((net(a).argmax(1) == b).sum().item() for a, b in dev_loader) / len(dev)


large = nn.Sequential(nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 10))
optimizer = torch.optim.Adam(large.parameters(), lr=2e-3)
for epoch in range(5):
    large.train()
    for a, b in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(large(a), b).backward()
        optimizer.step()
print(f"large: dev accuracy {score(large):.3f}")

stored = []
with torch.no_grad():
    for a, _ in train_loader:
        stored.append(large(a).softmax(1))

small = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))
optimizer = torch.optim.Adam(small.parameters(), lr=4e-3)
for epoch in range(8):
    small.train()
    for (a, b), soft in zip(train_loader, stored):
        scores = small(a)
        loss = 0.3 * F.cross_entropy(scores, b) + 0.7 * F.kl_div(scores.log_softmax(1), soft, reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: dev accuracy {score(small):.3f}")
