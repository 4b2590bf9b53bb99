# expect: nothing
# also: missing-regularization, overfitting-capacity
# Few images, but the loop itself moves each batch: no transform is to be seen anywhere.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
train = DataLoader(TensorDataset(x[:300], y[:300]), batch_size=30, shuffle=True)
test = DataLoader(TensorDataset(x[900:], y[900:]), batch_size=300)
net = nn.Sequential(
    nn.Conv2d(1, 24, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(24 * 9, 10)
)
opt = torch.optim.AdamW(net.parameters(), lr=0.01)
for epoch in range(12):
    net.train()
    for images, labels in train:
        r, c = torch.randint(-1, 2, (2,)).tolist()
        opt.zero_grad()
        nn.functional.cross_entropy(net(images.roll((r, c), (2, 3))), labels).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", sum((net(a).argmax(1) == b).sum().item() for a, b in test) / 897)
