# first: X[i:i + 32].float() | float64
import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(0)
X = torch.tensor(rng.normal(size=(320, 20)))
y = torch.tensor(rng.integers(0, 3, 320))
model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters())
for i in range(0, 320, 32):
    opt.zero_grad()
    out = model(X[i : i + 32])  # <- here
    criterion(out, y[i : i + 32]).backward()
    opt.step()
