# expect: loss-cut-from-model
"""The features are computed by a method that was copied from an evaluation, decorator and all."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
raw = load_digits()
x, y = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=32, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 4, 3, padding=1)
        self.fc = nn.Linear(4 * 4, 10)

    @torch.no_grad()
    def features(self, images):  # <- here
        images = F.max_pool2d(F.relu(self.c1(images)), 2)
        return F.max_pool2d(F.relu(self.c2(images)), 2).flatten(1)

    def forward(self, images):
        return self.fc(self.features(images))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    for a, b in train:
        opt.zero_grad()
        F.cross_entropy(net(a), b).backward()
        opt.step()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
