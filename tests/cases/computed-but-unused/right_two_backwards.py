# expect: nothing
# Two heads, each with a loss and a backward of its own; a third is only looked at.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.digit = nn.Linear(64, 10)
        self.parity = nn.Linear(64, 2)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.body(x)
        self.seen = h.detach().mean()
        h = h + 0.0
        self.relu(h)
        return self.digit(h), self.parity(h)


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = Heads()
optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
for epoch in range(6):
    model.train()
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        digit, parity = model(x[i : i + 50])
        nn.functional.cross_entropy(digit, y[i : i + 50]).backward(retain_graph=True)
        nn.functional.cross_entropy(parity, y[i : i + 50] % 2).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("digits", (model(x[1400:])[0].argmax(1) == y[1400:]).float().mean().item())
