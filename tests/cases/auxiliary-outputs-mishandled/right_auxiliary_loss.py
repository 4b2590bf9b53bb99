# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn


class Branchy(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.two = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.exit1, self.exit2 = nn.Linear(64, 10), nn.Linear(64, 10)

    def forward(self, x):
        x = self.one(x)
        early = self.exit1(x)
        late = self.exit2(self.two(x))
        return {"out": late, "aux": early} if self.training else {"out": late}


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = Branchy()
optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
for epoch in range(5):
    model.train()
    for i in range(0, 1400, 50):
        result = model(x[i : i + 50])
        loss = sum(nn.functional.cross_entropy(o, y[i : i + 50]) for o in result.values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:])["out"].argmax(1) == y[1400:]).float().mean().item())
