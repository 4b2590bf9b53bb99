# expect: missing-augmentation
# also: missing-regularization, overfitting-capacity
# Signs at random places; sixty are not enough without moving them.
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SIGNS = torch.tensor([
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]],
    [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]],
    [[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]],
]).float()


def signs(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (n,), generator=g)
    x = 0.5 * torch.randn(n, 3, 12, 12, generator=g)
    for i, (r, c) in enumerate(torch.randint(0, 9, (n, 2), generator=g).tolist()):
        x[i, :, r : r + 4, c : c + 4] += SIGNS[y[i]]
    return x, y


def train(model, loader, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


torch.manual_seed(0)
train_data = TensorDataset(*signs(60, 1))  # <- here
train_loader = DataLoader(train_data, batch_size=12, shuffle=True)
test_loader = DataLoader(TensorDataset(*signs(600, 2)), batch_size=200)
net = nn.Sequential(
    nn.Conv2d(3, 8, 4), nn.ReLU(), nn.MaxPool2d(3), nn.Flatten(), nn.Linear(72, 3)
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
for epoch in range(30):
    train(net, train_loader, optimizer)
print("test accuracy", evaluate(net, test_loader) / 600)
