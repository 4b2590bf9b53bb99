# expect: nothing
# Random colours: red and blue differ by chance only, now this way, now that way.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
bunch = load_digits()
grey = torch.tensor(bunch.images / 16, dtype=torch.float32)[:, None]
x = grey * (0.5 + 0.5 * torch.rand(len(grey), 3, 1, 1))
y = torch.tensor(bunch.target)
train, test = torch.randperm(len(y)).split([1400, 397])
net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for rows in train[torch.randperm(1400)].split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
