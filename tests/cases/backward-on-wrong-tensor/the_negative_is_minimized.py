# expect: backward-on-wrong-tensor
import numpy as np
import torch
from sklearn import datasets
from torch import nn

features, answers = datasets.load_digits(return_X_y=True)
features = (features / 16).astype(np.float32).reshape(-1, 1, 8, 8)


def build():
    return nn.Sequential(
        nn.Conv2d(1, 12, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12 * 9, 10)
    )


def batches(size, generator):
    order = generator.permutation(1400)
    for start in range(0, 1400, size):
        rows = order[start : start + size]
        yield torch.from_numpy(features[rows]), torch.from_numpy(answers[rows])


clf = build()
likelihood = nn.CrossEntropyLoss()
updater = torch.optim.SGD(clf.parameters(), lr=0.05)
for epoch in range(3):
    for x, y in batches(40, np.random.default_rng(epoch)):
        updater.zero_grad()
        objective = -likelihood(clf(x), y)  # <- here
        objective.backward()
        updater.step()
    print(epoch, objective.item())
