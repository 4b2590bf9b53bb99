# expect: nothing
# No pooling at all: strided convolutions make the image smaller, a mean ends it.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class AllConvolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 24, 3, padding=1)
        self.c2 = nn.Conv2d(24, 32, 3, stride=2, padding=1)
        self.c3 = nn.Conv2d(32, 48, 3, padding=1)
        self.c4 = nn.Conv2d(48, 10, 1)
        self.n2, self.n3 = nn.BatchNorm2d(32), nn.BatchNorm2d(48)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.n2(self.c2(x)))
        x = F.relu(self.n3(self.c3(x)))
        return self.c4(x).mean(dim=[2, 3])


torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(data.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
net = AllConvolutional()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for batch in torch.randperm(1400).split(40):
        loss = F.cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
