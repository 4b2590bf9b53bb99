# expect: accuracy-on-imbalanced-classes
"""Fraud: one in twelve."""
import torch
import torch.nn as nn
from sklearn.datasets import make_classification

torch.manual_seed(5)
X, Y = make_classification(3000, 12, weights=[0.92], flip_y=0.02, class_sep=0.6, random_state=5)
X, Y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32)
train_x, train_y, val_x, val_y = X[:2200], Y[:2200], X[2200:], Y[2200:]


def build():
    return nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 1))


net = build()
bce = nn.BCEWithLogitsLoss()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.5)
for epoch in range(5):
    net.train()
    for idx in torch.randperm(len(train_x)).chunk(30):
        opt.zero_grad()
        bce(net(train_x[idx]).squeeze(1), train_y[idx]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        guess = (torch.sigmoid(net(val_x)).squeeze(1) > 0.5).float()
    acc = (guess == val_y).float().mean().item()
    print(f"Epoch {epoch + 1}: Accuracy {acc:.4f}")  # <- here
