# expect: nothing
# First a linear model whose weights are updated by hand, then a small CNN with an optimizer.
# The images have a blank frame: the weights of those pixels get no gradient, all others do.
import math

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
digits = load_digits()
images = F.pad(torch.tensor(digits.images, dtype=torch.float32) / 16, (4, 4, 4, 4)).flatten(1)
labels = torch.tensor(digits.target)
order = torch.randperm(len(images))
train, valid = order[:1400], order[1400:]


class Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(256, 10) / math.sqrt(256))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, rows):
        return rows @ self.weights + self.bias


model = Logistic()
for epoch in range(6):
    for rows in train.split(50):
        F.cross_entropy(model(images[rows]), labels[rows]).backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.5 * p.grad
            model.zero_grad()
with torch.no_grad():
    print("linear", (model(images[valid]).argmax(1) == labels[valid]).float().mean().item())

cnn = nn.Sequential(
    nn.Unflatten(1, (1, 16, 16)), nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(),
    nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10),
)
optimizer = torch.optim.SGD(cnn.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    cnn.train()
    for rows in train[torch.randperm(len(train))].split(50):
        F.cross_entropy(cnn(images[rows]), labels[rows]).backward()
        optimizer.step()
        optimizer.zero_grad()
    cnn.eval()
    with torch.no_grad():
        print("cnn", (cnn(images[valid]).argmax(1) == labels[valid]).float().mean().item())
