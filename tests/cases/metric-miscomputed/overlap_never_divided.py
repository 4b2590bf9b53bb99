# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


def dice(logits, masks):
    p = (logits > 0).float()
    return ((2 * (p * masks).sum() + 1e-6) / (p.sum() + masks.sum() + 1e-6)).item()


torch.manual_seed(0)
masks = torch.tensor(load_digits().images > 7, dtype=torch.float32).unsqueeze(1)
noisy = 0.6 * masks + 0.4 * torch.rand_like(masks)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), 5e-3)
for epoch in range(3):
    for part in torch.randperm(1200).split(40):
        opt.zero_grad()
        F.binary_cross_entropy_with_logits(net(noisy[part]), masks[part]).backward()
        opt.step()
    score = 0.0
    with torch.no_grad():
        for part in torch.arange(1200, 1797).split(64):
            score += dice(net(noisy[part]), masks[part])
    print(f'epoch {epoch} dice {score:.3f}')  # <- here
