# expect: misaligned-images-and-labels
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
SIZE = 40
loader = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=SIZE, shuffle=True)
held_out = DataLoader(TensorDataset(x[1200:], y[1200:]), batch_size=200)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
corrected = y[:1200].clone()

for epoch in range(6):
    net.train()
    for number, (images, labels) in enumerate(loader):
        wanted = corrected[number * SIZE : (number + 1) * SIZE]  # <- here
        optimizer.zero_grad()
        F.cross_entropy(net(images), wanted).backward()  # <- here
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(a).argmax(1) == b).sum().item() for a, b in held_out)
    print(f"epoch {epoch}: validation accuracy {hits / 597:.3f}")
