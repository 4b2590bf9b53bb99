# expect: nothing
"""How much does each corruption of the same test images cost? The clean ones are measured first."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
raw = load_digits()
images, labels = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)
order = torch.randperm(len(labels))
fit, held = order[:1200], order[1200:]
train = DataLoader(TensorDataset(images[fit], labels[fit]), batch_size=32, shuffle=True)
corruptions = {
    "clean": lambda x: x,
    "noise": lambda x: (x + 0.2 * torch.randn_like(x)).clamp(0, 1),
    "fog": lambda x: 0.35 * x + 0.55,
}
benchmark = {
    name: DataLoader(TensorDataset(change(images[held]), labels[held]), batch_size=100)
    for name, change in corruptions.items()
}
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    for x, y in train:
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()
net.eval()
for name, loader in benchmark.items():
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in loader)
    print(f"{name:>8}: error {100 - 100 * right / len(held):.1f} %")
