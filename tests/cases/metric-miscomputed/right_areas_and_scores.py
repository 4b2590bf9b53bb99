# expect: nothing
# The area of the class that is asked for, and scores of all samples; some batches have few classes.
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score, f1_score, precision_score, roc_auc_score
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
X, digit = load_digits(return_X_y=True)
X = torch.tensor(X / 16 - 0.3, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(digit > 4).long()
train_dl = DataLoader(TensorDataset(X[:1200], y[:1200]), 40, shuffle=True)
test_dl = DataLoader(TensorDataset(X[1200:], y[1200:]), 8)
model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(192, 2))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        opt.step()
    model.eval()
    chances, labels = [], []
    with torch.no_grad():
        for xb, yb in test_dl:
            chances.append(model(xb).softmax(1).numpy())
            labels.append(yb.numpy())
    chances, labels = np.concatenate(chances), np.concatenate(labels)
    small = labels == 0
    print("auc", round(roc_auc_score(labels, chances[:, 1]), 3),
          "of the small ones", round(roc_auc_score(small, chances[:, 0]), 3),
          "ap", round(average_precision_score(labels, chances[:, 1]), 3))
    picked = chances.argmax(1)
    print("f1", round(f1_score(labels, picked, average="macro"), 3), "precision", round(precision_score(labels, picked), 3))
