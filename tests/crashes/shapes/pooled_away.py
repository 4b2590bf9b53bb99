# first: layer 5 (MaxPool2d) | 8 x 1 x 1
import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 2), nn.ReLU(),
    nn.MaxPool2d(2),  # <- here
    nn.Flatten(), nn.Linear(8, 2),
)
images, labels = torch.rand(6, 3, 6, 6), torch.tensor([0, 1, 0, 1, 0, 1])
nn.functional.cross_entropy(model(images), labels).backward()
