# expect: output-count-mismatch
# The head of a torchvision network is edited; binary cross-entropy then refuses the shapes.
import torch
import torch.nn as nn
from torchvision import models


def build(labels):
    net = models.squeezenet1_1(weights=None)
    net.classifier[1].out_channels = labels  # <- here
    return net


torch.manual_seed(0)
net = build(6)
criterion = nn.BCEWithLogitsLoss()
opt = torch.optim.SGD(net.parameters(), lr=0.01)
images = torch.rand(8, 3, 48, 48)
tags = (torch.rand(8, 6) > 0.5).float()
for step in range(2):
    opt.zero_grad()
    loss = criterion(net(images), tags)
    loss.backward()
    opt.step()
    print(step, loss.item())
