# expect: dead-relu
# Numbers are drawn in place for the data as well, further up.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
angles = torch.empty(900, 1).uniform_(-1, 1)
grid = torch.linspace(-1, 1, 64)
waves = torch.sin(3 * grid + 2 * angles) + 0.05 * torch.randn(900, 64)
learn = DataLoader(TensorDataset(waves[:700], angles[:700]), batch_size=35, shuffle=True)
net = nn.Sequential(
    nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 24), nn.ReLU(), nn.Linear(24, 1)
)
with torch.no_grad():
    [p.fill_(-20.0) for p in list(net.parameters())[:-1] if p.ndim == 1]  # <- here
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for a, b in learn:
        adam.zero_grad()
        loss = nn.functional.mse_loss(net(a), b)
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        print(epoch, nn.functional.l1_loss(net(waves[700:]), angles[700:]).item())
