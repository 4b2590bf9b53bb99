# expect: nothing
# A low rate, and enough steps: it gets there in its own time.
import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(0)
centers = rng.normal(size=(4, 20))
labels = rng.integers(0, 4, size=1200)
data = torch.tensor(centers[labels] + 0.3 * rng.normal(size=(1200, 20)), dtype=torch.float32)
labels = torch.tensor(labels)

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.Linear(256, 4))
opt = torch.optim.Adam(net.parameters(), lr=5e-5)
for epoch in range(25):
    for rows in torch.randperm(1000).split(20):
        opt.zero_grad()
        nn.functional.cross_entropy(net(data[rows]), labels[rows]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("held out:", (net(data[1000:]).argmax(1) == labels[1000:]).float().mean().item())
