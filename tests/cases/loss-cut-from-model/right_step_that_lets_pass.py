# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)


class Hard(torch.autograd.Function):
    """A step forward, and the gradient as it is on its way back."""

    @staticmethod
    def forward(ctx, value):
        return (value > 0).float()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Coded(nn.Module):
    def __init__(self, codes=24):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, codes, 3, padding=1)
        self.fc = nn.Linear(codes * 16, 10)

    def forward(self, images):
        seen = F.max_pool2d(torch.relu(self.c1(images)), 2)
        code = Hard.apply(self.c2(seen))
        return self.fc(code.flatten(1))


net = Coded()
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(10):
    for rows in torch.randperm(1400).split(50):
        opt.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
