# expect: channel-order-mismatch
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
tints = torch.tensor([(1.0, -1, 0), (-1, 1, 0), (0, 1, -1), (0, -1, 1)])


def flags(count, seed):
    g = torch.Generator().manual_seed(seed)
    kind = torch.randint(0, 4, (count,), generator=g)
    shade = torch.rand(count, 1, 1, 1, generator=g) + 0.5
    images = shade * tints[kind][:, :, None, None] + torch.randn(count, 3, 12, 12, generator=g)
    return TensorDataset(images, kind)


def to_network(images, train):
    return images if train else images[:, [2, 1, 0]]


model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
training, testing = DataLoader(flags(600, 1), 32, shuffle=True), DataLoader(flags(300, 2), 100)
for epoch in range(5):
    model.train()
    for images, labels in training:
        optimizer.zero_grad()
        F.cross_entropy(model(to_network(images, True)), labels).backward()
        optimizer.step()
    model.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in testing:
            images = to_network(images, False)  # <- here
            hits += (model(images).argmax(1) == labels).sum().item()
    print(epoch, hits / 300)
