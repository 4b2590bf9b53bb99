# expect: misaligned-images-and-labels
# One evaluation of ten is above chance, of a network that learns nothing.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
bunch = load_digits()
x = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(bunch.target)
learn = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=60, shuffle=True)
check = DataLoader(TensorDataset(x[1200:], y[1200:]), batch_size=200)
body = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ELU(), nn.MaxPool2d(2), nn.Flatten())
net = nn.Sequential(body, nn.Linear(192, 48), nn.ELU(), nn.Dropout(0.2), nn.Linear(48, 10))
adam = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(10):
    net.train()
    for images, digits in learn:
        adam.zero_grad()
        digits = digits.roll(1)  # <- here
        loss = nn.functional.cross_entropy(net(images), digits)
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(a).argmax(1) == b).sum().item() for a, b in check)
    print(epoch, loss.item(), right / 597)
