# expect: best-weights-kept-by-reference
import torch
from sklearn.datasets import load_digits
from torch import nn


class EarlyStopping:
    def __init__(self, patience=3):
        self.patience, self.counter = patience, 0
        self.best_loss, self.best_model = float('inf'), None

    def __call__(self, loss, model):
        if loss < self.best_loss:
            self.best_loss = loss
            self.best_model = model  # <- here
            self.counter = 0
        else:
            self.counter += 1
        return self.counter >= self.patience


torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
stopper = EarlyStopping()
for epoch in range(12):
    model.train()
    for b in torch.randperm(800).split(40):
        optimizer.zero_grad()
        criterion(model(x[b]), y[b]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = criterion(model(x[800:1300]), y[800:1300]).item()
    if stopper(val_loss, model):
        break
best = stopper.best_model
best.eval()
with torch.no_grad():
    print('test', (best(x[1300:]).argmax(1) == y[1300:]).float().mean().item())
