# expect: broadcast-loss
import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Prices(Dataset):
    def __init__(self, seed, n):
        rng = np.random.default_rng(seed)
        self.rooms = rng.uniform(1, 8, (n, 1)).astype("float32")
        self.price = (0.3 * self.rooms + rng.normal(0, 0.1, (n, 1))).astype("float32")

    def __len__(self):
        return len(self.rooms)

    def __getitem__(self, i):
        return self.rooms[i] / 8, self.price[i]


torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Linear(1, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1), torch.nn.Flatten(0)
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    net.train()
    for rooms, price in DataLoader(Prices(0, 320), batch_size=16, shuffle=True):
        optimizer.zero_grad()
        F.smooth_l1_loss(net(rooms), price).backward()  # <- here
        optimizer.step()
net.eval()
with torch.no_grad():
    for rooms, price in DataLoader(Prices(1, 60), batch_size=60):
        print("mean error", (net(rooms) - price[:, 0]).abs().mean().item())
