# expect: nothing
import torch
from torch import nn

torch.manual_seed(1)
across = torch.arange(24.0)
rows, columns = torch.meshgrid(across, across, indexing="ij")


def discs(count):
    centre, radius = torch.rand(count, 2, 1, 1) * 12 + 6, torch.rand(count, 1, 1) * 3 + 3
    mask = ((rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2 < radius**2).float()
    return (mask * 0.4 + torch.randn(count, 24, 24) * 0.2)[:, None], mask[:, None]


def overlap_loss(answer, mask, eps=1.0):
    both = (answer * mask).sum(dim=(1, 2, 3))
    return (1 - (2 * both + eps) / (answer.sum(dim=(1, 2, 3)) + mask.sum(dim=(1, 2, 3)) + eps)).mean()


x, y = discs(160)
held_x, held_y = discs(60)
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
    nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 1),
)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(6):
    net.train()
    for i in torch.randperm(len(x)).split(16):
        loss = overlap_loss(net(x[i]).sigmoid(), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        found = net(held_x) > 0
    print(epoch, loss.item(), "IoU", ((found & (held_y > 0)).sum() / (found | (held_y > 0)).sum()).item())
