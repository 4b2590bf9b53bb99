# expect: label-destroying-augmentation
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
bunch = load_digits()
pictures = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
digits = torch.tensor(bunch.target)
train_loader = DataLoader(TensorDataset(pictures[:1400], digits[:1400]), 50, shuffle=True)
test_loader = DataLoader(TensorDataset(pictures[1400:], digits[1400:]), 100)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for x, y in train_loader:
        flipped = torch.rand(len(x)) < 0.5
        x = torch.where(flipped[:, None, None, None], x.flip(3), x)  # <- here
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for x, y in test_loader:
            right += (net(x).argmax(1) == y).sum().item()
    print(epoch, loss.item(), right / 397)
