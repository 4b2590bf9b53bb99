# expect: nothing
# A training batch serves to time and to trace the network; it is measured on held-out data.
import time

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = (torch.tensor(x, dtype=torch.float32) - 4.9) / 6.0
train, test = random_split(TensorDataset(x, torch.tensor(y)), [1400, 397])
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for a, b in DataLoader(train, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    start = time.perf_counter()
    for _ in range(20):
        model(torch.rand(32, 64))
    print(f"{(time.perf_counter() - start) / 20 * 1e3:.2f} ms a batch")
    traced = torch.jit.trace(model, a)
    hits = sum((traced(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
print(f"test accuracy {hits / len(test):.3f}")
