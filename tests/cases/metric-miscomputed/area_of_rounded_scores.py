# expect: metric-miscomputed
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16 - 0.3, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(np.isin(y, (3, 8, 9)), dtype=torch.float32)
X = X + 0.4 * torch.randn_like(X)
train_dl = DataLoader(TensorDataset(X[:1200], y[:1200]), 40, shuffle=True)
test_dl = DataLoader(TensorDataset(X[1200:], y[1200:]), 100)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(128, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(1)


model, loss_fn = Net(), nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(5):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        loss_fn(model(xb), yb).backward()
        opt.step()
    model.eval()
    preds, labels = [], []
    with torch.no_grad():
        for xb, yb in test_dl:
            preds.append(torch.sigmoid(model(xb)).round())
            labels.append(yb)
    auc = roc_auc_score(torch.cat(labels).numpy(), torch.cat(preds).numpy())  # <- here
    print("Epoch", epoch, "AUC", round(auc, 4))
