# expect: nothing
# The frozen encoder's statistics stay as they are: evaluation mode is meant, also in training.
import torch
from torch import nn


def make_encoder():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )


def main(train_loader, val_loader):
    encoder, head = make_encoder(), nn.Linear(8, 10)
    encoder.requires_grad_(False)
    net = nn.Sequential(encoder, head)
    opt = torch.optim.SGD([dict(params=head.parameters(), lr=0.1)], 0, momentum=0.9)
    for epoch in range(5):
        net.eval()
        for images, target in train_loader:
            loss = nn.functional.cross_entropy(net(images), target)
            opt.zero_grad()
            loss.backward()
            opt.step()
        with torch.no_grad():
            right = sum((net(i).argmax(1) == t).sum().item() for i, t in val_loader)
        print(epoch, right)
