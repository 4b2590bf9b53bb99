# expect: parameters-missing-from-optimizer
"""An averaged copy is evaluated last: the network is still the one that was trained."""

from copy import deepcopy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
images, digit = load_digits(return_X_y=True)
pixels = torch.tensor(images).float().view(-1, 1, 8, 8) / 16
digit = torch.tensor(digit)
drawn = DataLoader(TensorDataset(pixels[:1300], digit[:1300]), batch_size=50, shuffle=True)


def build():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)
    )


net = build()
averaged = AveragedModel(net)
criterion = nn.CrossEntropyLoss()
sgd = torch.optim.SGD(deepcopy(net).parameters(), lr=0.05, momentum=0.9)  # <- here
for _ in range(4):
    for image, target in drawn:
        sgd.zero_grad()
        criterion(net(image), target).backward()
        sgd.step()
    averaged.update_parameters(net)
update_bn(drawn, averaged)
averaged.eval()
with torch.no_grad():
    right = (averaged(pixels[1300:]).argmax(1) == digit[1300:]).float().mean()
print("accuracy of the average", right.item())
