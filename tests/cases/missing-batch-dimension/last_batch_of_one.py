# expect: missing-batch-dimension
import torch
from sklearn.datasets import load_digits
from torch import nn


class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 24, 3)
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.out = nn.Linear(24, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x))).squeeze()  # <- here
        return self.out(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
net = Pooled()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(3):
    right = 0
    for rows in torch.randperm(1401).split(50):
        scores = net(x[rows])
        right += (scores.argmax(dim=1) == y[rows]).sum().item()
        loss = nn.functional.cross_entropy(scores, y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, right / 1401)
