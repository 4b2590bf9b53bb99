# expect: nothing
# Linear layers take one sample without a batch; what reads the scores expects that.
import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale
from torch import nn

torch.manual_seed(0)
wine = load_wine()
x = torch.tensor(scale(wine.data), dtype=torch.float32)
y = torch.tensor(wine.target)
order = torch.randperm(len(y))
train, test = order[:130], order[130:]
model = nn.Sequential(nn.Linear(13, 24), nn.ReLU(), nn.Linear(24, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for epoch in range(2):
    for i in train[torch.randperm(len(train))]:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[i].view(-1)), y[i]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    hits = sum(int(model(x[i]).argmax(dim=0) == y[i]) for i in test)
    print("right", hits, "of", len(test))
    print("accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
