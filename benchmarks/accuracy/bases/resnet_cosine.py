# expect: nothing
# data: shared
# args: --root {data}
# result: best ([\d.]+)
import argparse

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import v2

ap = argparse.ArgumentParser(description="A small residual network, SGD at 0.1 with a cosine.")
ap.add_argument("--root", default="data")
ap.add_argument("--epochs", type=int, default=3)
ap.add_argument("--lr", type=float, default=0.1)
ap.add_argument("--batch", type=int, default=64)
cfg = ap.parse_args()
torch.manual_seed(2)


class Residual(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.a = nn.Conv2d(i, o, 3, s, 1, bias=False)
        self.b = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.na, self.nb = nn.BatchNorm2d(o), nn.BatchNorm2d(o)
        self.down = nn.Conv2d(i, o, 1, s, bias=False) if s != 1 or i != o else nn.Identity()

    def forward(self, x):
        y = F.relu(self.na(self.a(x)))
        return F.relu(self.nb(self.b(y)) + self.down(x))


def resnet(width=12, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        Residual(width, width, 1), Residual(width, 2 * width, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, classes),
    )


prepare = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])])
train = Subset(MNIST(cfg.root, train=True, transform=prepare), range(0, 60000, 24))
held_out = Subset(MNIST(cfg.root, train=False, transform=prepare), range(0, 10000, 10))
train_batches = DataLoader(train, batch_size=cfg.batch, shuffle=True, drop_last=True)
test_batches = DataLoader(held_out, batch_size=250)

model = resnet()
opt = torch.optim.SGD(model.parameters(), lr=cfg.lr, momentum=0.9, weight_decay=5e-4, nesterov=True)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=cfg.epochs * len(train_batches))


def evaluate():
    model.eval()
    hits = 0
    with torch.inference_mode():
        for x, y in test_batches:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(held_out)


best = 0.0
for epoch in range(cfg.epochs):
    model.train()
    for x, y in train_batches:
        loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        cosine.step()
    accuracy = evaluate()
    best = max(best, accuracy)
    print(f"epoch {epoch} loss {loss.item():.3f} accuracy {accuracy:.4f} best {best:.4f}")
