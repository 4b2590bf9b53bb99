# expect: activation-on-logits
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

# by how far the ink of a digit lies left or right of the middle
images = load_digits().images
columns = np.arange(8) - 3.5
lean = (images.sum(1) * columns).sum(1) / images.sum((1, 2))
x = torch.tensor(images[:, None] / 16, dtype=torch.float32)
y = torch.tensor((lean - lean.mean()) / lean.std(), dtype=torch.float32)[:, None]

torch.manual_seed(1)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1), nn.ReLU())  # <- here
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
for epoch in range(6):
    for part in torch.randperm(1400).split(40):
        optimizer.zero_grad()
        loss = ((model(x[part]) - y[part]) ** 2).mean()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, loss.item(), (model(x[1400:]) - y[1400:]).abs().mean().item())
