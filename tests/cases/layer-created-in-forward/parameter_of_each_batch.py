# expect: layer-created-in-forward
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
raw = load_digits()
x, y = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)

    def forward(self, images):
        seen = F.max_pool2d(F.relu(self.norm(self.conv(images))), 2).flatten(1)
        weight = nn.Parameter(torch.randn(seen.shape[1], 10) * 0.1)  # <- here
        return seen @ weight


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(4):
    for rows in torch.randperm(1400).split(50):
        loss = F.cross_entropy(net(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("right", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
