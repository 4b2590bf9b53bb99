# expect: output-count-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn


def small_cnn(width=16, num_classes=10):
    return nn.Sequential(
        nn.Conv2d(1, width, 3), nn.ReLU(), nn.Flatten(), nn.Linear(width * 36, num_classes)  # <- here
    )


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
net = small_cnn(num_classes=9)  # <- here
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(2):
    for rows in torch.randperm(1400).split(50):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
