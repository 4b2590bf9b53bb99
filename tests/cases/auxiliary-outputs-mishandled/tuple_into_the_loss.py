# expect: auxiliary-outputs-mishandled
from collections import namedtuple

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

InceptionLikeOutputs = namedtuple("InceptionLikeOutputs", ["logits", "aux_logits"])


class SmallInception(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.aux = nn.Linear(64, classes)
        self.head = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, classes))

    def forward(self, x):
        x = self.trunk(x)
        if self.training:
            return InceptionLikeOutputs(self.head(x), self.aux(x))
        return self.head(x)


def run():
    data = load_digits()
    x, y = torch.tensor(data.data / 16).float(), torch.tensor(data.target)
    model = SmallInception()
    loss_fn = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for i in range(0, 1400, 100):
        opt.zero_grad()
        outputs = model(x[i : i + 100])  # <- here
        loss = loss_fn(outputs, y[i : i + 100])
        loss.backward()
        opt.step()


run()
