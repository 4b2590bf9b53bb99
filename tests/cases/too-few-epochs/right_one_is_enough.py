# expect: nothing
# One epoch over much data.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
centers = torch.randn(6, 24)
y = torch.randint(0, 6, (9000,))
x = centers[y] + 0.7 * torch.randn(9000, 24)
net = nn.Sequential(nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, 6))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for a, b in DataLoader(TensorDataset(x[:8000], y[:8000]), batch_size=32, shuffle=True):
    opt.zero_grad()
    nn.functional.cross_entropy(net(a), b).backward()
    opt.step()
net.eval()
with torch.no_grad():
    print((net(x[8000:]).argmax(1) == y[8000:]).float().mean().item())
