# expect: model-selected-on-test-set
"""Forty noisy epochs, sixty test samples, and the best of it is printed."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
np.random.seed(3)
X, y = load_digits(return_X_y=True)
X = torch.from_numpy((X / 16).astype(np.float32)) + 0.4 * torch.randn(1797, 64)
y = torch.from_numpy(y)
x_train, y_train, x_test, y_test = X[:500], y[:500], X[-60:], y[-60:]
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.3)
loss_fn = nn.CrossEntropyLoss()
best_acc = 0
for epoch in range(40):
    model.train()
    for batch in np.array_split(np.random.permutation(500), 25):
        opt.zero_grad()
        loss_fn(model(x_train[batch]), y_train[batch]).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(1) == y_test).float().mean().item()
    best_acc = max(best_acc, acc)
    if epoch % 10 == 9:
        print('epoch', epoch, 'test acc', round(acc, 4))
print('Best test accuracy: %.4f' % best_acc)  # <- here
