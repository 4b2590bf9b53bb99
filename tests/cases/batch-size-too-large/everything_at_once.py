# expect: batch-size-too-large
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                                 nn.Linear(64, 10))

    def forward(self, x):
        return self.net(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
X = torch.tensor(x / 16, dtype=torch.float32)
Y = torch.tensor(y, dtype=torch.long)
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)  # <- here
for epoch in range(10):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(X[:1400]), Y[:1400])
    loss.backward()
    optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("test", (model(X[1400:]).argmax(1) == Y[1400:]).float().mean().item())
