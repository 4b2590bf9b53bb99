# expect: nothing
# Two hidden numbers for three classes of wine, and they are enough.
import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(0)
wine = load_wine()
x = torch.tensor(StandardScaler().fit_transform(wine.data), dtype=torch.float32)
y = torch.tensor(wine.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = nn.Sequential(nn.Linear(13, 2), nn.Tanh(), nn.Linear(2, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
for epoch in range(30):
    for batch in torch.randperm(120).split(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[120:]).argmax(1) == y[120:]).float().mean().item())
