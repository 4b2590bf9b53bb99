# expect: nothing
# The whole set at once, for three hundred epochs.
import torch
from torch import nn

torch.manual_seed(0)
angle = torch.rand(400) * 6
side = (torch.arange(400) % 2).float()
points = torch.stack([angle.cos() * (1 + side), angle.sin() * (1 + side)], 1)
points += 0.1 * torch.randn_like(points)
net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(300):
    opt.zero_grad()
    nn.functional.cross_entropy(net(points[:300]), side[:300].long()).backward()
    opt.step()
with torch.no_grad():
    print((net(points[300:]).argmax(1) == side[300:]).float().mean().item())
