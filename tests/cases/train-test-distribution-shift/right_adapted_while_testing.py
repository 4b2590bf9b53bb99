# expect: nothing
"""Normalization layers follow the entropy of their answers on the foggy copies of the test images."""
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
raw = load_digits()
images, labels = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)
order = torch.randperm(len(labels))
fit, held = order[:1200], order[1200:]
foggy = (0.35 * images[held] + 0.5 + 0.06 * torch.randn_like(images[held])).clamp(0, 1)
train = DataLoader(TensorDataset(images[fit], labels[fit]), batch_size=64, shuffle=True)
clean = DataLoader(TensorDataset(images[held], labels[held]), batch_size=100)
shifted = DataLoader(TensorDataset(foggy, labels[held]), batch_size=100)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    for x, y in train:
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()


@torch.no_grad()
def right(loader):
    net.eval()
    return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(held)


print(f"clean {right(clean):.3f}, foggy {right(shifted):.3f}")
adapted = copy.deepcopy(net).train().requires_grad_(False)
norms = [m for m in adapted.modules() if isinstance(m, nn.BatchNorm2d)]
for norm in norms:
    norm.requires_grad_(True)
    norm.track_running_stats, norm.running_mean, norm.running_var = False, None, None
follow = torch.optim.Adam([p for m in norms for p in m.parameters()], lr=1e-3)
hits = 0
for x, y in shifted:
    scores = adapted(x)
    entropy = -(scores.softmax(1) * scores.log_softmax(1)).sum(1).mean()
    follow.zero_grad()
    entropy.backward()
    follow.step()
    hits += (scores.argmax(1) == y).sum().item()
print(f"adapted {hits / len(held):.3f}")
