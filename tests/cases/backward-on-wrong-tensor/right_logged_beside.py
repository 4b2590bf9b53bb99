# expect: nothing
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
x = torch.randn(600, 6)
t = (x @ torch.randn(6, 1)).squeeze(1)
net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    net.train()
    shown = 0.0
    for i in torch.randperm(500).split(25):
        out = net(x[i])
        loss = F.mse_loss(out, t[i])
        mae = F.l1_loss(out, t[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
        shown += mae.item()
    print("epoch", epoch, "mean absolute error", shown / 20)
net.eval()
with torch.no_grad():
    print("held-out error", F.l1_loss(net(x[500:]), t[500:]).item())
