# expect: nothing
# also: accuracy-on-imbalanced-classes
import torch
from torch import nn, optim

torch.manual_seed(0)
x = torch.randn(1500, 5)
y = (2 * x[:, 0] + x[:, 1] > 2.5).float().unsqueeze(1)
rare = y[:1200].mean()
bce = nn.BCEWithLogitsLoss(pos_weight=(1 - rare) / rare)
net = nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 1))
opt = optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    net.train()
    for i in torch.randperm(1200).split(40):
        opt.zero_grad()
        bce(net(x[i]), y[i]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", ((net(x[1200:]) > 0).float() == y[1200:]).float().mean().item())
