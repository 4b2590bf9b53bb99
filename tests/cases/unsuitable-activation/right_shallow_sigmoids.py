# expect: nothing
# LeNet of 1998 with its sigmoids, at a rate and in a depth where they learn.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)
perm = torch.randperm(len(y))
x, y = x[perm], y[perm]
lenet = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(8, 16, 3), nn.Sigmoid(), nn.Flatten(),
    nn.Linear(64, 40), nn.Tanh(), nn.Linear(40, 10),
)
optimizer = torch.optim.Adam(lenet.parameters(), lr=0.01)
for epoch in range(6):
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(lenet(x[i : i + 50]), y[i : i + 50]).backward()
        optimizer.step()
lenet.eval()
with torch.no_grad():
    print("accuracy", (lenet(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
