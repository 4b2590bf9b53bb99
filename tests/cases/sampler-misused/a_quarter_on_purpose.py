# expect: nothing
"""How much do 20 more images of each digit bring? The learning curve of a small network."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
order = torch.randperm(1797)
x, y = x[order], y[order]
data, held = TensorDataset(x[:1400], y[:1400]), DataLoader(TensorDataset(x[1400:], y[1400:]), 200)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 10))
opt = torch.optim.AdamW(net.parameters(), lr=4e-3)
loader = DataLoader(data, 20, sampler=SubsetRandomSampler(range(350)))
for epoch in range(15):
    net.train()
    for a, b in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("of 350:", sum((net(a).argmax(1) == b).sum().item() for a, b in held) / 397)
