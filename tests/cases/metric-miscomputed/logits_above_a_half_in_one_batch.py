# expect: metric-miscomputed
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target > 4, dtype=torch.float32)[:, None]
x_train, y_train, x_val, y_val = x[:1300], y[:1300], x[1300:], y[1300:]

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def binary_acc(y_pred, y_true):
    y_tag = (y_pred > 0.5).float()  # <- here
    return (y_tag == y_true).sum().item() / y_true.shape[0]  # <- here


for epoch in range(4):
    model.train()
    for part in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        criterion(model(x_train[part]), y_train[part]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        scores = model(x_val)
    print(f"epoch {epoch}: val accuracy {binary_acc(scores, y_val):.4f}")  # <- here
