# expect: nothing
import torch
import torch.nn as nn
import torch.nn.functional as F

QUANTILES = 5


class QuantileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, QUANTILES))

    def forward(self, x):
        return self.layers(x)


def quantile_loss(predicted, sampled):
    """Every predicted quantile against every sample of the same row."""
    tau = (torch.arange(QUANTILES) + 0.5) / QUANTILES
    rows, columns = predicted.unsqueeze(2), sampled.unsqueeze(1)
    huber = F.smooth_l1_loss(rows, columns, reduction="none")
    below = (columns - rows.detach() < 0).float()
    return ((tau.view(1, -1, 1) - below).abs() * huber).mean()


torch.manual_seed(0)
x = torch.rand(500, 3)
samples = x.sum(1, keepdim=True) + 0.3 * torch.randn(500, QUANTILES)
net = QuantileNet()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for i in torch.randperm(400).split(40):
        loss = quantile_loss(net(x[i]), samples[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("held-out loss", quantile_loss(net(x[400:]), samples[400:]).item())
