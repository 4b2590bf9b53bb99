# expect: nothing
# 1e-5 for a network that was trained before: there is little left to change.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)


def fit(model, rows, lr, epochs):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    loader = DataLoader(TensorDataset(x[rows], y[rows]), batch_size=32, shuffle=True)
    model.train()
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(a), b).backward()
            optimizer.step()


def accuracy(model):
    model.eval()
    with torch.no_grad():
        return (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()


net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
fit(net, slice(0, 900), lr=5e-3, epochs=4)
print("before", accuracy(net))
fit(net, slice(900, 1400), lr=1e-5, epochs=4)
print("after", accuracy(net))
