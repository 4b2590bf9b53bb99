# expect: sampler-misused
"""Each step begins a pass of its own, and nothing shuffles: one batch is all that is ever seen."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
raw = load_digits()
pixels, target = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)
order = torch.randperm(len(target))
pixels, target = pixels[order], target[order]
train_set = TensorDataset(pixels[:1400], target[:1400])
loader = DataLoader(train_set, batch_size=32)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(150):
    images, labels = next(iter(loader))  # <- here
    opt.zero_grad()
    F.cross_entropy(net(images), labels).backward()
    opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(pixels[1400:]).argmax(1) == target[1400:]).float().mean().item())
