# expect: nothing
"""Mixup, and evaluation images as they are: mixed ones only keep to the middle of the range."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
pixels, digits = load_digits(return_X_y=True)
pixels = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8)
digits = torch.tensor(digits)
order = torch.randperm(len(digits))
held, kept = order[:400], order[400:]
train = DataLoader(TensorDataset(pixels[kept] / 8 - 1, digits[kept]), 32, shuffle=True)
test = DataLoader(TensorDataset(pixels[held] / 8 - 1, digits[held]), 100)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.GELU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.GELU(), nn.Flatten(), nn.Linear(512, 10),
)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
for epoch in range(6):
    net.train()
    for x, y in train:
        share, other = torch.rand(1).item(), torch.randperm(len(x))
        shares = nn.functional.one_hot(y, 10).float()
        x = share * x + (1 - share) * x[other]
        shares = share * shares + (1 - share) * shares[other]
        loss = nn.functional.cross_entropy(net(x), shares)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for x, y in test:
            right += (net(x).argmax(1) == y).sum().item()
    print(f"{epoch}: accuracy {right / len(held):.4f}")
