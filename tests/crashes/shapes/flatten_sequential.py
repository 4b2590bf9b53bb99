# first: Crash:
import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 5 * 5, 10),
)
x = torch.rand(4, 3, 32, 32)
nn.functional.cross_entropy(model(x), torch.tensor([1, 2, 3, 4])).backward()
