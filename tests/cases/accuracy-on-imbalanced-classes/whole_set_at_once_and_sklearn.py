# expect: accuracy-on-imbalanced-classes
import numpy as np
import torch
from sklearn.metrics import accuracy_score
from torch import nn

torch.manual_seed(0)
rng = np.random.default_rng(0)


def parts(n, broken):
    """A part in thirty has a crack, which is hardly seen."""
    images = rng.normal(0, 1, (n, 1, 12, 12)).astype("float32")
    labels = np.zeros(n, dtype="int64")
    labels[: int(n * broken)] = 1
    images[labels == 1, :, 5, 3:7] += 0.7
    mixed = rng.permutation(n)
    return torch.from_numpy(images[mixed]), torch.from_numpy(labels[mixed])


x, y = parts(900, 0.06)
x_test, y_test = parts(600, 0.06)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    net.train()
    for rows in np.array_split(rng.permutation(len(x)), 30):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        predicted = net(x_test).argmax(1)
    print(epoch, "test accuracy", accuracy_score(y_test.numpy(), predicted.numpy()))  # <- here
