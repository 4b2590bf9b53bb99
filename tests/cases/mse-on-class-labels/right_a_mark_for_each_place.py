# expect: nothing
"""Where are the bright spots of a line? A yes or no for each place, one line after the other."""
import torch
from torch import nn

torch.manual_seed(0)
spots = (torch.rand(500, 10) < 0.3).float()
lines = spots * 2 + 1.2 * torch.randn(500, 10)
net = nn.Sequential(nn.Linear(10, 30), nn.ReLU(), nn.Linear(30, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
loss_function = nn.MSELoss()
for start in range(0, 400, 8):
    optimizer.zero_grad()
    for i in range(start, start + 8):
        (loss_function(net(lines[i]), spots[i]) / 8).backward()
    optimizer.step()
with torch.no_grad():
    print("mean squared error", loss_function(net(lines[400:]), spots[400:]).item())
