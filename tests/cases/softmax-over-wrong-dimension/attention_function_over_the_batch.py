# expect: softmax-over-wrong-dimension
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]


class Pooling(nn.Module):
    """One score for each place; the places are summed by their weights."""

    def __init__(self, width):
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, places):
        weights = torch.softmax(self.score(places).squeeze(2), 0)  # <- here
        return torch.einsum("np,npd->nd", weights, places)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 3, stride=2, padding=1)
        self.where = nn.Parameter(torch.randn(16, 32) * 0.1)
        self.lift = nn.Linear(32, 64)
        self.pool = Pooling(64)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        places = self.conv(x).relu().flatten(2).transpose(1, 2) + self.where
        return self.head(self.pool(self.lift(places).relu()))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for idx in torch.randperm(1300).split(26):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[idx]), y[idx]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x[i : i + 1]).argmax(1) == y[i]).sum().item() for i in range(1300, 1600))
    print(f"epoch {epoch}: accuracy {hits / 300:.3f}")
