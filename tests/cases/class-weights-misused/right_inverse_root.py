# expect: nothing
# also: accuracy-on-imbalanced-classes
import numpy as np
import torch
from torch import nn

torch.manual_seed(0)
rng = np.random.default_rng(0)
sizes = [400, 160, 40]
x = np.concatenate([rng.normal(2.5 * k, 1.0, (n, 4)) for k, n in enumerate(sizes)])
y = np.repeat(np.arange(3), sizes)
order = rng.permutation(len(y))
x = torch.tensor(x[order], dtype=torch.float32)
y = torch.tensor(y[order])
weights = torch.tensor(1 / np.sqrt(np.bincount(y[:450])), dtype=torch.float32)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss(weight=weights / weights.sum(), label_smoothing=0.05)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    model.train()
    for i in torch.randperm(450).split(25):
        optimizer.zero_grad()
        criterion(model(x[i]), y[i]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[450:]).argmax(1) == y[450:]).float().mean().item())
