# expect: nothing
# The sigmoid stands behind the loss, where probabilities are printed.
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from torch import nn


class Tumor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(30, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x)

    def probability(self, x):
        return torch.sigmoid(self.forward(x))


torch.manual_seed(0)
data = load_breast_cancer()
x = torch.tensor(StandardScaler().fit_transform(data.data), dtype=torch.float32)
y = torch.tensor(data.target, dtype=torch.float32)[:, None]
order = torch.randperm(len(x))
x, y = x[order], y[order]
model = Tumor()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(10):
    for i in range(0, 448, 32):
        optimizer.zero_grad()
        loss = criterion(model(x[i : i + 32]), y[i : i + 32])
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model.probability(x[448:]) > 0.5) == (y[448:] > 0.5)).float().mean().item())
