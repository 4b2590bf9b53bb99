# expect: class-weights-misused
"""The weights are counts / smallest count, squared by mistake, for the class that comes most."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
y = torch.where(y < 4, 0, torch.where(y < 7, 1, 2))
train, test = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])
weight = torch.tensor([1.0, 1.0, 150.0])  # <- here
criterion = nn.CrossEntropyLoss(weight=weight)
net = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(3):
    for images, labels in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        criterion(net(images), labels).backward()
        optimizer.step()
    with torch.no_grad():
        right = sum((net(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
    print(epoch, right / len(test))
