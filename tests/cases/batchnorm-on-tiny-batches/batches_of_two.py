# expect: batchnorm-on-tiny-batches
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
data = TensorDataset(torch.tensor(bunch.data, dtype=torch.float32) / 16, torch.tensor(bunch.target))
train, test, _ = random_split(data, [800, 400, 597])
train_loader = DataLoader(train, batch_size=2, shuffle=True)  # <- here
test_loader = DataLoader(test, batch_size=200)

layers = []
for inputs in (64, 16, 16):
    layers += [nn.Linear(inputs, 16), nn.BatchNorm1d(16), nn.ReLU()]
net = nn.Sequential(*layers, nn.Linear(16, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.5)
for epoch in range(2):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(epoch, right / len(test))
