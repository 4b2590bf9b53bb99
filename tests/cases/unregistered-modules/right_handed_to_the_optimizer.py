# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self, depth=2, width=32):
        super().__init__()
        self.first = nn.Linear(64, width)
        self.extra = [nn.Linear(width, width) for _ in range(depth)]
        self.named = []  # registered below, kept in order here
        for i in range(depth):
            self.add_module(f"dense{i}", nn.Linear(width, width))
            self.named.append(getattr(self, f"dense{i}"))
        self.last = nn.Linear(width, 10)

    def forward(self, x):
        x = torch.relu(self.first(x))
        for layer in [*self.extra, *self.named]:
            x = torch.relu(layer(x))
        return self.last(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 8 - 1, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]
net = Net()
everything = list(net.parameters()) + [p for layer in net.extra for p in layer.parameters()]
optimizer = torch.optim.Adam(everything, lr=3e-3)
for epoch in range(6):
    for rows in train[torch.randperm(len(train))].split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
