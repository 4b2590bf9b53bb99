# expect: evaluating-in-train-mode
import torch
import torch.nn as nn
import torch.nn.functional as F

net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(5408, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)


def fit():
    net.train
    for xb, yb in train_dl:
        opt.zero_grad()
        F.cross_entropy(net(xb), yb).backward()
        opt.step()


def validate():
    net.eval
    hits = 0
    with torch.no_grad():
        for xb, yb in valid_dl:
            hits += (net(xb).argmax(1) == yb).sum().item()  # <- here
    return hits / len(valid_dl.dataset)


for epoch in range(10):
    fit()
    print(epoch, validate())
