# expect: nothing
# Where the ink lies: images and their numbers are put into another order by the same index.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
pixels = torch.tensor(load_digits().images, dtype=torch.float32)[:1500] / 16
rows = torch.arange(8.0)
mass = pixels.sum((1, 2))
centers = torch.stack([(pixels.sum(2) * rows).sum(1), (pixels.sum(1) * rows).sum(1)], 1)
centers = (centers / mass[:, None] - 3.5) * 2

net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 32), nn.ReLU(), nn.Linear(32, 2)
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(pixels[:1200, None], centers[:1200]), batch_size=40, shuffle=True)
for epoch in range(5):
    total = 0.0
    for image, center in loader:
        order = torch.randperm(len(center))
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(image[order]), center[order])
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / len(loader):.4f}")
with torch.no_grad():
    print("held out", nn.functional.mse_loss(net(pixels[1200:, None]), centers[1200:]).item())
