# expect: nothing
# Of 240 images, those that look alike most share a ground that says nothing of the class: a faint
# texture does. Two short passes do not learn it.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
count, classes = 400, 8
y = torch.arange(count) % classes
ground = nn.functional.interpolate(torch.randn(count, 1, 4, 4), 24, mode="bilinear")
angle = y * torch.pi / classes
along = torch.arange(24).float()
phase = torch.rand(count, 1, 1) * 6.28
wave = torch.cos(angle)[:, None, None] * along[:, None] + torch.sin(angle)[:, None, None] * along
x = ground + 0.3 * torch.sin(2.0 * wave + phase)[:, None]
train_loader = DataLoader(TensorDataset(x[:240], y[:240]), batch_size=16, shuffle=True)
test_loader = DataLoader(TensorDataset(x[240:], y[240:]), batch_size=80)

model = nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, classes),
)  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(epoch, right / 160)
