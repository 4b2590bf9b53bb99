# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn


class Loop(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.enter = nn.Conv2d(1, width, 3, padding=1)
        self.step = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.GroupNorm(4, width)
        self.head1 = nn.Linear(width * 16, 10)
        self.head2 = nn.Linear(width * 16, 10)  # for the second task, which comes later
        self.task = 1

    def forward(self, x):
        x = self.enter(x).relu()
        x = nn.functional.max_pool2d(x, 2)
        for _ in range(2):
            x = x + self.norm(self.step(x)).relu()
        return (self.head1 if self.task == 1 else self.head2)(x.flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
net = Loop()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    for i in torch.randperm(1200).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
    with torch.no_grad():
        print(epoch, "test accuracy", (net(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
