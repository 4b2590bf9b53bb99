# expect: receptive-field-too-large
"""The first convolution of a network for photographs, in front of images of 16 x 16."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
images = F.interpolate(images, size=16)
labels = torch.tensor(labels)

layers = []
for inside, outside, kernel, stride in [(1, 16, 5, 8), (16, 32, 3, 1), (32, 32, 3, 1)]:
    layers += [nn.Conv2d(inside, outside, kernel, stride), nn.BatchNorm2d(outside), nn.ReLU()]  # <- here
net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(5):
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        F.cross_entropy(net(images[rows]), labels[rows]).backward()
        optimizer.step()
with torch.no_grad():
    print((net.eval()(images[1400:]).argmax(1) == labels[1400:]).float().mean())
