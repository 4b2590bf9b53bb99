# expect: unregistered-modules
import torch
from sklearn.datasets import load_digits


class Dense(torch.nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = torch.randn(o, i).mul_((2 / i) ** 0.5).requires_grad_()  # <- here
        self.bias = torch.zeros(o, requires_grad=True)

    def forward(self, x):
        return x @ self.weight.T + self.bias


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = torch.nn.Sequential(Dense(64, 32), torch.nn.ReLU(), Dense(32, 10))
adam = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(10):
    for rows in torch.randperm(1400).split(50):
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        adam.step()
print((net(x[1400:]).argmax(1) == y[1400:]).float().mean())
