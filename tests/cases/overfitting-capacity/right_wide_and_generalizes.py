# expect: nothing
# Thousands of weights a sample, and no gap: wide networks often do well.
import torch
from sklearn.datasets import make_blobs
from torch import nn

torch.manual_seed(0)
x, y = make_blobs(500, centers=3, n_features=8, cluster_std=2.0, random_state=0)
x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
y = torch.tensor(y)
model = nn.Sequential(
    nn.Linear(8, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 3)
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(6):
    for batch in torch.randperm(150).split(15):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[150:]).argmax(1) == y[150:]).float().mean().item())
