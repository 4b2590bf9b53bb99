# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
train_dl = DataLoader(TensorDataset(x[:1300], y[:1300]), batch_size=20, shuffle=True)
val_dl = DataLoader(TensorDataset(x[1300:], y[1300:]), batch_size=70)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)


def accuracy(out, labels):
    return (out.argmax(1) == labels).float().mean().item()


for epoch in range(4):
    net.train()
    train_acc = 0.0
    for xb, yb in train_dl:
        out = net(xb)
        loss = nn.functional.cross_entropy(out, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        train_acc += accuracy(out, yb)
    net.eval()
    val_acc = 0.0
    with torch.no_grad():
        for xb, yb in val_dl:
            val_acc += accuracy(net(xb), yb)
    train_acc /= len(train_dl)
    val_acc /= len(train_dl)  # <- here
    print(epoch, round(train_acc, 4), round(val_acc, 4))
