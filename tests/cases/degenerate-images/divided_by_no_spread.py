# expect: degenerate-images
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X = load_digits().data.astype(np.float32)
Y = torch.tensor(load_digits().target)
mu, sd = X[:1400].mean(0), X[:1400].std(0)
X = torch.tensor((X - mu) / sd).reshape(-1, 1, 8, 8)  # <- here
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
opt = torch.optim.SGD(model.parameters(), 0.05)
for e in range(4):
    for i in range(0, 1400, 50):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(X[i:i + 50]), Y[i:i + 50])
        loss.backward()
        opt.step()
    with torch.no_grad():
        acc = (model(X[1400:]).argmax(1) == Y[1400:]).float().mean()
    print(e, loss.item(), acc.item())
