# expect: batch-size-too-small
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

BATCH = 2
torch.manual_seed(5)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10),
)
optimizer = optim.SGD(net.parameters(), lr=0.06, momentum=0.9)  # <- here
for epoch in range(1):
    shuffled = torch.randperm(1400)
    for start in range(0, 1400, BATCH):
        rows = shuffled[start:start + BATCH]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
