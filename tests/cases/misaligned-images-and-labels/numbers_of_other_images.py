# expect: misaligned-images-and-labels
# Where the ink lies, as two numbers an image: the numbers are dealt out anew within each batch.
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


def train_step(net, opt, batch):
    image, center = batch
    center = center[torch.randperm(len(center))]  # <- here
    opt.zero_grad()
    loss = nn.functional.mse_loss(net(image), center)
    loss.backward()
    opt.step()
    return loss.item()


net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 32), nn.ReLU(), nn.Linear(32, 2)
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(pixels[:1200, None], centers[:1200]), batch_size=40, shuffle=True)
for epoch in range(5):
    losses = [train_step(net, opt, batch) for batch in loader]
    print(f"epoch {epoch} loss {sum(losses) / len(losses):.4f}")
with torch.no_grad():
    print("held out", nn.functional.mse_loss(net(pixels[1200:, None]), centers[1200:]).item())
