# expect: loss-cut-from-model
# A second term is to keep the predictions balanced, and only looks as if it did.
import torch
from sklearn.datasets import load_digits
from torch import nn

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
torch.manual_seed(0)


class Balance(nn.Module):
    def forward(self, scores):
        chosen = scores.argmax(1)  # <- here
        shares = torch.stack([(chosen == c).float().mean() for c in range(10)])
        return (shares - 0.1).abs().sum()


class Criterion(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.ce, self.balance, self.weight = nn.CrossEntropyLoss(), Balance(), weight

    def forward(self, scores, target):
        return self.ce(scores, target) + self.weight * self.balance(scores)


net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12 * 36, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
criterion = Criterion(weight=2.0)
for epoch in range(4):
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        loss = criterion(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
