# expect: nothing
"""What a training makes of labels of which a share is wrong is the question here."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
raw = load_digits()
order = torch.randperm(1797)
images = torch.tensor(raw.images).float()[order, None] / 16
labels = torch.tensor(raw.target)[order]
noise_rate = 0.65
noisy = (torch.rand(1797) < noise_rate) & (torch.arange(1797) < 1300)
labels[noisy] = torch.randint(0, 10, (int(noisy.sum()),))
train = DataLoader(TensorDataset(images[:1300], labels[:1300]), batch_size=32, shuffle=True)
test = DataLoader(TensorDataset(images[1300:], labels[1300:]), batch_size=250)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    net.train()
    for x, y in train:
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(f"epoch {epoch}: {right / 497:.1%}")
