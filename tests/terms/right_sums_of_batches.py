# expect: nothing
# Each sample's own terms, a small penalty on the sum of all codes, and a mean in the end.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(64, 32), nn.Linear(32, 10)

    def forward(self, x):
        codes = torch.relu(self.body(x))
        return self.head(codes), codes


net = Net()
adam = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(6):
    for rows in torch.randperm(1400).split(50):
        scores, codes = net(x[rows])
        each = nn.functional.cross_entropy(scores, y[rows], reduction="none")
        decay = (net.head.weight**2).sum()
        sparse = codes.sum() / len(rows)
        loss = (each + 0.01 * codes.sum(1) + 1e-5 * codes.sum() + 0.001 * sparse + 1e-3 * decay).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        print(epoch, (net(x[1400:])[0].argmax(1) == y[1400:]).float().mean().item())
