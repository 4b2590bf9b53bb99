# expect: softmax-over-wrong-dimension
import torch
from sklearn.datasets import load_digits
from torch import nn


class Looking(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ask, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.norm = nn.Softmax(dim=1)  # <- here

    def split(self, x):
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def forward(self, x):
        q, k, v = self.split(self.ask(x)), self.split(self.key(x)), self.split(self.value(x))
        weights = self.norm(torch.matmul(q, k.mT) / q.shape[-1] ** 0.5)
        return torch.matmul(weights, v).transpose(1, 2).flatten(2)


class Reader(nn.Module):
    """Four pixels a token; the answer is read off a token of its own."""

    def __init__(self, width=32):
        super().__init__()
        self.lift = nn.Linear(4, width)
        self.where = nn.Parameter(0.02 * torch.randn(17, width))
        self.first, self.second = Looking(width, 4), Looking(width, 4)
        self.head = nn.Linear(width, 10)

    def forward(self, images):
        tokens = images.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).flatten(2, 3).squeeze(1)
        tokens = nn.functional.pad(self.lift(tokens), (0, 0, 1, 0)) + self.where
        tokens = self.first(tokens)
        return self.head(self.second(tokens)[:, 0])


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
net = Reader()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(1300).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print(f"epoch {epoch}: accuracy {right:.3f}")
