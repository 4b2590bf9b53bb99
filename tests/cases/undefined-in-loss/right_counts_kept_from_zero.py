# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32)
strokes = (images > 15.5).float()
images = images.unsqueeze(1) / 16
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 3, padding=1))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    for rows in torch.randperm(1600).split(2):
        off = (net(images[rows]).squeeze(1) - strokes[rows]).abs()
        on_strokes = (off * strokes[rows]).sum() / strokes[rows].sum().clamp(min=1)
        elsewhere = (off * (1 - strokes[rows])).mean()
        opt.zero_grad()
        (on_strokes + elsewhere).backward()
        opt.step()
    with torch.no_grad():
        print(epoch, (net(images[1600:]).squeeze(1) - strokes[1600:]).abs().mean().item())
