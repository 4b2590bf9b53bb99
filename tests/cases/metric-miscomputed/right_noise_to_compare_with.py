# expect: nothing
# The loss of the noisy images themselves stands beside that of the cleaned ones, in every line.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
clean = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 16
noisy = clean + 0.25 * torch.randn_like(clean)
train_dl = DataLoader(TensorDataset(noisy[:1400], clean[:1400]), 40, shuffle=True)
dev_dl = DataLoader(TensorDataset(noisy[1400:], clean[1400:]), 100)
net = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
l1 = nn.L1Loss()
for epoch in range(5):
    net.train()
    for x, t in train_dl:
        opt.zero_grad()
        l1(net(x), t).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        ours = sum(l1(net(x), t).item() for x, t in dev_dl) / len(dev_dl)
        nothing_done = sum(l1(x, t).item() for x, t in dev_dl) / len(dev_dl)
    print(f"epoch {epoch} val {ours:.4f} (as it is {nothing_done:.4f})")
