# expect: output-count-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn


class Digits(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(3))
        self.head = nn.Conv2d(16, classes, 3)  # <- here

    def forward(self, x):
        return self.head(self.body(x)).flatten(1)


torch.manual_seed(3)
pixels, y = load_digits(return_X_y=True)
images = torch.tensor(pixels, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(y)
net = Digits(max(y))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    for batch in torch.randperm(1400).split(64):
        loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item())
