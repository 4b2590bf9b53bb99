# expect: auxiliary-outputs-mishandled
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)


class WithAux(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(64, 48), nn.Linear(48, 10)
        self.side = nn.Linear(48, 10)

    def forward(self, x):
        h = torch.relu(self.a(x))
        if self.training:
            return self.b(h), self.side(h)
        return self.b(h)


digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
net = WithAux()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
ce = nn.functional.cross_entropy
for epoch in range(3):
    net.train()
    for batch in torch.randperm(1400).split(50):
        out, side = net(x[batch])
        loss = ce(out, y[batch]) + 0.4 * ce(side, y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    out, side = net(x[1400:])  # <- here
    print("accuracy", (out.argmax(1) == y[1400:]).float().mean().item())
