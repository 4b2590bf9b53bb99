# expect: nothing
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 8 - 1, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target)
train = DataLoader(TensorDataset(x[:1300], y[:1300]), batch_size=25, shuffle=True)
test = DataLoader(TensorDataset(x[1300:], y[1300:]), batch_size=250)


def stage(inside, outside, stride):
    conv = nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outside), nn.ReLU())


model = nn.Sequential(stage(1, 16, 1), stage(16, 32, 2), nn.Flatten(), nn.Linear(512, 10))
average = copy.deepcopy(model).eval()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)


@torch.no_grad()
def follow(decay=0.95):
    for mine, theirs in zip(average.parameters(), model.parameters(), strict=True):
        mine.lerp_(theirs, 1 - decay)
    for mine, theirs in zip(average.buffers(), model.buffers(), strict=True):
        mine.copy_(theirs)


for epoch in range(4):
    model.train()
    for images, labels in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        follow()
    with torch.no_grad():
        right = sum((average(a).argmax(1) == b).sum().item() for a, b in test)
    print(f"epoch {epoch}: {right / len(y[1300:]):.3f}")
